# A Sidekiq application: `ruby sidekiq_app.rb fill` fills its queue, `sidekiq -r ./sidekiq_app.rb` works at it.

require 'sidekiq'

Sidekiq.configure_server { |config| config.redis = { url: ENV.fetch('BROKER') } }
Sidekiq.configure_client { |config| config.redis = { url: ENV.fetch('BROKER') } }

class Hold
  include Sidekiq::Worker
  sidekiq_options queue: 'orders', retry: false

  def perform
    sleep 600
  end
end

if ARGV == ['fill']
  5.times { Hold.perform_async }
  puts 'filled'
end

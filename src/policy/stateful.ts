/** Images of databases, whose replicas hold data and cannot be added and taken away like those of an application. */

const DATABASES: Readonly<Record<string, string>> = {
  postgres: 'PostgreSQL',
  postgresql: 'PostgreSQL',
  postgis: 'PostgreSQL',
  timescaledb: 'TimescaleDB',
  mysql: 'MySQL',
  mariadb: 'MariaDB',
  percona: 'Percona',
  mongo: 'MongoDB',
  mongodb: 'MongoDB',
  redis: 'Redis',
  valkey: 'Valkey',
  keydb: 'KeyDB',
  etcd: 'etcd',
  consul: 'Consul',
  zookeeper: 'ZooKeeper',
  kafka: 'Kafka',
  rabbitmq: 'RabbitMQ',
  nats: 'NATS',
  elasticsearch: 'Elasticsearch',
  opensearch: 'OpenSearch',
  cassandra: 'Cassandra',
  clickhouse: 'ClickHouse',
  influxdb: 'InfluxDB',
  minio: 'MinIO',
};

/** The name of the database that an image reference brings (`registry/library/postgres:17@sha256:…`), or null. */
export function databaseOf(image: string): string | null {
  const path = image.split('@', 1)[0] ?? '';
  const name = path.split('/').at(-1)?.split(':', 1)[0] ?? '';
  return Object.hasOwn(DATABASES, name) ? (DATABASES[name] ?? null) : null;
}

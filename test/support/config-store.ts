/** Configs in memory, as the Engine keeps them: names are unique, and each write raises the version. */

import { EngineError, type ConfigStore, type Filters } from '../../src/swarm/engine.js';
import type { SwarmConfig } from '../../src/swarm/objects.js';

export class FakeConfigStore implements ConfigStore {
  readonly configs: SwarmConfig[] = [];
  /** names that cannot be written */
  readonly broken = new Set<string>();
  /** runs before an update is looked at: somebody else's chance to be quicker */
  beforeUpdate: (() => void) | null = null;
  #next = 1;

  listConfigs(filters: Filters = {}): Promise<SwarmConfig[]> {
    const names = filters['name'];
    return Promise.resolve(
      structuredClone(
        this.configs.filter(
          ({ Spec }) => names === undefined || names.some((name) => Spec.Name.startsWith(name)),
        ),
      ),
    );
  }

  createConfig(spec: SwarmConfig['Spec']): Promise<{ id: string }> {
    if (this.broken.has(spec.Name)) return Promise.reject(new EngineError('other', 'disk full'));
    if (this.configs.some(({ Spec }) => Spec.Name === spec.Name)) {
      return Promise.reject(new EngineError('conflict', `config ${spec.Name} already exists`));
    }
    const id = `config${this.#next++}`;
    this.configs.push({
      ID: id,
      Version: { Index: 1 },
      CreatedAt: '2026-01-01T00:00:00Z',
      Spec: structuredClone(spec),
    });
    return Promise.resolve({ id });
  }

  updateConfig(id: string, version: number, { Labels = {} }: { Labels?: Record<string, string> }) {
    this.beforeUpdate?.();
    const config = this.configs.find(({ ID }) => ID === id);
    if (config === undefined) return Promise.reject(new EngineError('not-found', `config ${id} not found`));
    if (config.Version.Index !== version) {
      return Promise.reject(new EngineError('out-of-sequence', 'update out of sequence'));
    }
    config.Spec.Labels = Labels;
    config.Version.Index++;
    return Promise.resolve();
  }

  removeConfig(id: string): Promise<void> {
    const at = this.configs.findIndex(({ ID }) => ID === id);
    if (at < 0) return Promise.reject(new EngineError('not-found', `config ${id} not found`));
    this.configs.splice(at, 1);
    return Promise.resolve();
  }
}

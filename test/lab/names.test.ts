import { describe, expect, it } from 'vitest';
import { LabUsageError } from './errors.js';
import {
  bridgeName,
  cgroupName,
  checkName,
  freeSubnet,
  isCgroupOf,
  isLinkOf,
  MOST_NODES,
  nodeLinkName,
  shortName,
  SUBNETS,
  subnetsInUse,
} from './names.js';

describe('names that the kernel limits', () => {
  it.each(['a', 'default', 'exactly8', 'a-name-of-twenty-four-ch'])(
    'fit into an interface name for %s',
    (name) => {
      expect(nodeLinkName(shortName(name), MOST_NODES).length).toBeLessThanOrEqual(15);
      expect(nodeLinkName(shortName(name, 'salt'), MOST_NODES).length).toBeLessThanOrEqual(15);
    },
  );

  it('differ between long names that begin alike, and between lab directories', () => {
    expect(shortName('integration-one')).not.toBe(shortName('integration-two'));
    expect(shortName('default', 'elsewhere')).not.toBe(shortName('default'));
  });

  it.each(['', 'Upper', '9lives', 'with space', 'under_score', '../up', 'a'.repeat(25)])(
    'refuse "%s"',
    (name) => {
      expect(() => checkName(name)).toThrow(LabUsageError);
    },
  );
});

describe('what belongs to an instance', () => {
  it('is its bridge and its numbered links, not those of a lab whose name begins alike', () => {
    expect(isLinkOf('e2e', bridgeName('e2e'))).toBe(true);
    expect(isLinkOf('e2e', nodeLinkName('e2e', 3))).toBe(true);
    expect(isLinkOf('e2e', bridgeName('e2e-2x'))).toBe(false);
    expect(isLinkOf('e2e', nodeLinkName('e2e-b', 1))).toBe(false);
    expect(isCgroupOf('e2e', cgroupName('e2e', 1))).toBe(true);
    expect(isCgroupOf('e2e', cgroupName('e2e-b', 1))).toBe(false);
  });

  it('never is the bridge of another lab, whatever that is called', () => {
    // Its plain name would give "a-1" the bridge "sl-a-1", which is what node 1 of lab "a" has.
    expect(isLinkOf('a', bridgeName(shortName('a-1')))).toBe(false);
  });
});

describe('networks', () => {
  it('are given out from the lowest free number', () => {
    expect(freeSubnet([])).toBe(0);
    expect(freeSubnet([0, 1, 3])).toBe(2);
    expect(freeSubnet(Array.from({ length: SUBNETS }, (_, at) => at))).toBeUndefined();
  });

  it('that the host already uses are read from its addresses', () => {
    const output = [
      '1: lo    inet 127.0.0.1/8 scope host lo',
      '5: sl-x    inet 10.77.4.254/24 scope global sl-x',
      '6: eth1    inet 10.7.77.2/24 scope global eth1',
    ].join('\n');
    expect(subnetsInUse(output)).toEqual([4]);
  });
});

/** Trunks as a wall shows them. */
import type { TenantId } from '../../../kernel/ids.ts';
import type { TrunkStatus } from '../../phone/trunk/trunks.ts';
import type { FloorTrunk } from './messages.ts';

export function trunkRows(all: readonly TrunkStatus[], tenantId: TenantId): FloorTrunk[] {
  const hers = all.filter(({ configuration }) => configuration.tenantId === tenantId);
  return hers.map(({ trunkId, configuration: { name, maxCalls }, calls, addresses }) => {
    const up = addresses.filter(({ inRotation }) => inRotation).length;
    return { trunkId, name, calls, most: maxCalls, up, addresses: addresses.length };
  });
}

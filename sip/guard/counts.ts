/** Why a message was not even read, or not answered. */
export const dropCauses = ['rate', 'network rate', 'global rate', 'blocked', 'scanner', 'sweep', 'too long an answer'] as const;
export type DropCause = (typeof dropCauses)[number];

/** Why a request was answered by us alone. */
export const refusalCauses = ['challenge', 'overload', 'rate', 'route', 'foreign dialog', 'pending', 'outside a dialog'] as const;
export type RefusalCause = (typeof refusalCauses)[number];

export const blockCauses = ['malformed', 'scanner', 'passwords', 'sweep'] as const;
export type BlockCause = (typeof blockCauses)[number];

export interface GuardCounts {
  dropped: Record<DropCause, number>;
  refused: Record<RefusalCause, number>;
  blocked: Record<BlockCause, number>;
  headersStripped: number;
}

const zeros = <K extends string>(names: readonly K[]): Record<K, number> => Object.fromEntries(names.map((name) => [name, 0])) as Record<K, number>;

export const noGuardCounts = (): GuardCounts => ({
  dropped: zeros(dropCauses),
  refused: zeros(refusalCauses),
  blocked: zeros(blockCauses),
  headersStripped: 0,
});

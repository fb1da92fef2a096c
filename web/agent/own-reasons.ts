/** What an agent may give as her own reason for not being ready (`ownReasons` of the protocol, kept equal by a test). */
export const ownReasons = ['break', 'meal', 'training', 'meeting', 'other'] as const;
export type OwnReason = (typeof ownReasons)[number];

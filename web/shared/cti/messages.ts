/**
 * The messages of the desk protocol, inferred from the schemas that the server parses and writes with: a change of the protocol that this client does not
 * follow does not compile. In the published package this file is replaced by one that is made of the same schemas and needs nothing (`scripts/cti-client`).
 */
import type { CtiErrorCode } from '../../../src/cti/errors.ts';
import type { DeskMessageInput, ServerMessage, ServerMessageOf, ServerMessageType } from '../../../src/cti/protocol.ts';

export type { CtiErrorCode, DeskMessageInput, ServerMessage, ServerMessageOf, ServerMessageType };
export type Snapshot = ServerMessageOf<'snapshot'>['data'];
export type Welcome = ServerMessageOf<'welcome'>['data'];
export type AgentStateData = Snapshot['agent'];
export type DeskCall = NonNullable<Snapshot['call']>;
export type DeskInteraction = Snapshot['interactions'][number];
export type QueueStats = Snapshot['queues'][number];
export type FloorChange = ServerMessageOf<'floorChanged'>['data'];
export type FloorSnapshot = ServerMessageOf<'floorSnapshot'>['data'];

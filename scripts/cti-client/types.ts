/** JSON Schema as zod writes it → TypeScript, as far as the desk protocol needs it: the messages of the published client, which has no schema library. */
import { z } from 'zod';
import { deskMessageSchema, serverMessageSchema } from '../../src/cti/protocol.ts';

interface Schema {
  type?: string | string[];
  const?: string | number | boolean;
  enum?: string[];
  oneOf?: Schema[];
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  additionalProperties?: Schema | boolean;
}

const HEAD = `/** The messages of the desk protocol \`huawu.cti.v1\`, made of the schemas that the server parses and writes with. Do not edit. */
`;

const TAIL = `
export type ServerMessageType = ServerMessage['type'];
export type ServerMessageOf<T extends ServerMessageType> = Extract<ServerMessage, { type: T }>;
export type Snapshot = ServerMessageOf<'snapshot'>['data'];
export type Welcome = ServerMessageOf<'welcome'>['data'];
export type CtiErrorCode = ServerMessageOf<'error'>['data']['code'];
export type AgentStateData = Snapshot['agent'];
export type DeskCall = NonNullable<Snapshot['call']>;
export type DeskInteraction = Snapshot['interactions'][number];
export type QueueStats = Snapshot['queues'][number];
export type FloorChange = ServerMessageOf<'floorChanged'>['data'];
export type FloorSnapshot = ServerMessageOf<'floorSnapshot'>['data'];
`;

/** The text of the module `messages.ts` of the published client. */
export function messagesModule(): string {
  const told = z.toJSONSchema(serverMessageSchema, { io: 'output' }) as Schema;
  const asked = z.toJSONSchema(deskMessageSchema, { io: 'input' }) as Schema;
  return `${HEAD}\n${union('ServerMessage', told)}\n${union('DeskMessageInput', asked)}${TAIL}`;
}

/** Each message an interface of its own: editors show its name. */
function union(name: string, { oneOf = [] }: Schema): string {
  const members = oneOf.map((message) => {
    const type = String(message.properties?.type?.const ?? '');
    return { own: `${type.charAt(0).toUpperCase()}${type.slice(1)}${name === 'ServerMessage' ? 'Message' : 'Command'}`, message };
  });
  const interfaces = members.map(({ own, message }) => `export interface ${own} ${typeOf(message)}\n`);
  return `${interfaces.join('\n')}\nexport type ${name} =${members.map(({ own }) => `\n  | ${own}`).join('')};\n`;
}

function typeOf(schema: Schema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const alternatives = schema.oneOf ?? schema.anyOf;
  if (alternatives !== undefined) return alternatives.map(typeOf).join(' | ');
  if (Array.isArray(schema.type)) return schema.type.map((type) => typeOf({ ...schema, type })).join(' | ');
  switch (schema.type) {
    case 'string':
    case 'boolean':
    case 'null':
      return schema.type;
    case 'number':
    case 'integer':
      return 'number';
    case 'array':
      return `(${typeOf(schema.items ?? {})})[]`;
    case 'object':
      return objectOf(schema);
    default:
      throw new Error(`a schema that the client's types cannot say: ${JSON.stringify(schema).slice(0, 200)}`);
  }
}

function objectOf({ properties, required = [], additionalProperties }: Schema): string {
  if (properties === undefined && typeof additionalProperties === 'object') return `Record<string, ${typeOf(additionalProperties)}>`;
  const fields = Object.entries(properties ?? {}).map(([name, value]) =>
    required.includes(name) ? `${name}: ${typeOf(value)};` : `${name}?: ${typeOf(value)} | undefined;`,
  );
  return fields.length === 0 ? 'Record<string, never>' : `{ ${fields.join(' ')} }`;
}

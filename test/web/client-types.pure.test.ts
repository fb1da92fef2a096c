import assert from 'node:assert/strict';
import { test } from 'node:test';
import { messagesModule } from '../../scripts/cti-client/types.ts';
import { deskMessageSchema, serverMessageSchema } from '../../src/cti/protocol.ts';

const capital = (type: string): string => `${type.charAt(0).toUpperCase()}${type.slice(1)}`;

test('the published client has a type for every message and every command of the schemas, and none that says nothing', () => {
  const text = messagesModule();
  for (const { shape } of serverMessageSchema.options) assert.match(text, new RegExp(`^export interface ${capital(shape.type.value)}Message \\{`, 'm'));
  for (const { shape } of deskMessageSchema.options) assert.match(text, new RegExp(`^export interface ${capital(shape.type.value)}Command \\{`, 'm'));
  assert.doesNotMatch(text, /\b(?:any|unknown|import)\b/);
  assert.match(
    text,
    /export interface WrapUpCommand \{[^\n]*data\?: \{[^\n]*notes\?: string \| null \| undefined;/,
    'what has a default may be left out by a desk',
  );
  assert.match(text, /export interface SetDataCommand \{[^\n]*data: Record<string, string>;/);
});

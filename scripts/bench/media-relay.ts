/**
 * The floor under the plain engine, as `native/relay.cc` is under the native one: node:dgram, and nothing done with the packets but to take and
 * give them. `media-relay PARTIES PORT`: one socket a party, connected to 127.1.0.1 and on, PORT; what party 2n says goes to 2n + 1 and back.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

const FIRST_ADDRESS = 0x7f_01_00_01;
const addressOf = (party: number): string => [24, 16, 8, 0].map((shift) => ((FIRST_ADDRESS + party) >>> shift) & 255).join('.');

const [parties, port] = process.argv.slice(2).map(Number);
if (parties === undefined || port === undefined) throw new Error('media-relay PARTIES PORT');

const sockets: Socket[] = [];
for (let party = 0; party < parties; party += 1) {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  socket.connect(port, addressOf(party));
  await once(socket, 'connect');
  sockets.push(socket);
  socket.on('message', (packet) => sockets[party ^ 1]?.send(packet));
}
process.stdout.write(`ports ${sockets.map((socket) => socket.address().port).join(' ')}\n`);
process.stdin.on('end', () => process.exit(0)).resume();

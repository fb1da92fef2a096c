/**
 * The torture tests of RFC 4475 and RFC 5118, each under the name the RFC gives it and in our own words: what matters of each is its one oddity.
 * `{T}` transport, `{P}` our port, `{S}` the server's host:port, `{N}` unique in the run, `{L}` the body's length.
 */
export type Expected =
  /** The application is told, and its answer comes back with Via, From, Call-ID and CSeq byte for byte. */
  | { is: 'delivered'; method: string }
  /** The server answers by itself; a number for all transports, or `silence` where that one cannot be answered. */
  | { is: 'refused'; status: number }
  /** No answer at all, and the server goes on. */
  | { is: 'dropped' }
  /** On a stream the framing is lost: `status` best effort, then the connection is closed. On a datagram `status`. */
  | { is: 'broken'; status: number }
  /** A stream waits for the rest of it; a datagram is refused. */
  | { is: 'unfinished'; status: number };

export interface Torture {
  name: string;
  what: string;
  text: string;
  expected: Expected;
}

const lines = (...rows: string[]): string => rows.join('\r\n');
const delivered = (method: string): Expected => ({ is: 'delivered', method });
const refused = (status: number): Expected => ({ is: 'refused', status });
const dropped: Expected = { is: 'dropped' };

const SDP = lines('v=0', 'o=mhandley 29739 7272939 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', 'm=audio 49217 RTP/AVP 0', '');

/** A plain request; `rows` go in before Content-Length, and a row of a name that stands already takes its place (an empty one takes it away). */
function request(method: string, uri: string, rows: Record<string, string> = {}, body = ''): string {
  const usual: Record<string, string> = {
    Via: 'Via: SIP/2.0/{T} 127.0.0.1:{P};branch=z9hG4bK{N}',
    'Max-Forwards': 'Max-Forwards: 70',
    From: 'From: <sip:caller@example.net>;tag=from{N}',
    To: 'To: <sip:callee@example.com>',
    'Call-ID': 'Call-ID: {N}@127.0.0.1',
    CSeq: `CSeq: 8 ${method}`,
    ...(method === 'INVITE' ? { Contact: 'Contact: <sip:caller@127.0.0.1:{P}>' } : {}),
    ...(body === '' ? {} : { 'Content-Type': 'Content-Type: application/sdp' }),
    ...rows,
    ...('Content-Length' in rows ? {} : { 'Content-Length': 'Content-Length: {L}' }),
  };
  return lines(`${method} ${uri} SIP/2.0`, ...Object.values(usual).filter((row) => row !== ''), '', body);
}

const STRANGE_METHOD = "!strange-Method0123456789*.%flag+Bar_`~'x";
const STRANGE_USER = "1_unusual.USER~(may-be!so)&can't+be$/silly?,/;;*:&word+with=2,weird!*PASS$wo~d_also.(is-it)";
export const STRANGE_METHODS: readonly string[] = [STRANGE_METHOD.toLowerCase(), 're%47ist%45r', 'newmethod'];

// ── RFC 4475 §3.1.1: valid ────────────────────────────────────────────────────────────────────────────────────────────

const valid: Torture[] = [
  {
    name: 'wsinv',
    what: 'white space and folds wherever the grammar lets them, odd case, compact forms, unknown headers',
    text: lines(
      'INVITE sip:kolya@{S};odd=param SIP/2.0',
      'TO :',
      ' sip:kolya@{S} ;   odd    = 1918181833n',
      'from   : "A \\\\\\"Name"       <sip:caller@example.net>',
      '  ;',
      '  tag = t{N}',
      'MaX-fOrWaRdS: 0068',
      'Call-ID: {N}.wsinv@127.0.0.1',
      'Content-Length   : {L}',
      'cseq: 0009',
      '  INVITE',
      'V:  SIP  / 2.0  / {T}   127.0.0.1 : {P} ; branch = z9hG4bK{N}',
      's :',
      'NewFangledHeader:   newfangled value',
      ' that goes on in a second line',
      'UnknownHeaderWithUnusualValue: ;;,,;;,;',
      'Content-Type: application/sdp',
      'Route:',
      ' <sip:services.example.com;lr;unknownwith=value;unknown-no-value>',
      'v:  SIP  / 2.0  / TCP     spindle.example.com   ;',
      '  branch  =   z9hG4bK9ikj8  ,',
      ' SIP  /    2.0   / UDP  192.168.255.111   ; branch=',
      ' z9hG4bK30239',
      'm:"Quoted ""by \\"accident\\"" <sip:caller@127.0.0.1:{P}> ; newparam =',
      '      newvalue ;',
      '  secondparam ; q = 0.33',
      '',
      SDP,
    ),
    expected: delivered('INVITE'),
  },
  {
    name: 'intmeth',
    what: 'every character a method, a user, a token or a quoted string may hold',
    text: lines(
      `${STRANGE_METHOD} sip:${STRANGE_USER}@{S} SIP/2.0`,
      "Via: SIP/2.0/{T} 127.0.0.1:{P};branch=z9hG4bK-.!%66*_+`'~{N}",
      `To: "BEL:\\\u0007 NUL:\\\u0000 DEL:\\\u007f" <sip:${STRANGE_USER}@example.com>`,
      `From: first~\` second'+_ third*%!.- <sip:plain@example.com>;fromParam''~+*_!.-%="\u0440\u0430\u0431\u043e\u0442\u0430";tag=_token~1'+\`*%!-.{N}`,
      'Call-ID: {N}.word%ZK-!.*_+\'@word`~)(><:\\/"][?}{',
      `CSeq: 139122385 ${STRANGE_METHOD}`,
      'Max-Forwards: 255',
      "extensionHeader-!.%*+_`'~:\u5927\u505c\u96fb",
      'Content-Length: {L}',
      '',
      '',
    ),
    expected: delivered(STRANGE_METHOD),
  },
  {
    name: 'esc01',
    what: 'escapes in the user, in a parameter and in a contact',
    text: request('INVITE', 'sip:sips%3Auser%40example.com@{S}', {
      To: 'To: sip:%75se%72@{S}',
      From: 'From: <sip:I%20have%20spaces@example.net>;tag=from{N}',
      Contact: 'Contact: <sip:cal%6Cer@127.0.0.1:{P};%6C%72;n%61me=v%61lue%25%34%31>',
    }),
    expected: delivered('INVITE'),
  },
  {
    name: 'escnull',
    what: 'escaped null bytes in addresses',
    text: request('REGISTER', 'sip:{S}', {
      To: 'To: sip:null-%00-null@{S}',
      From: 'From: sip:null-%00-null@{S};tag=from{N}',
      Contact: 'Contact: <sip:%00@127.0.0.1:{P}>\r\nContact: <sip:%00%00@127.0.0.1:{P}>',
    }),
    expected: delivered('REGISTER'),
  },
  {
    name: 'esc02',
    what: 'a percent sign that escapes nothing: RE%47IST%45R is no REGISTER',
    text: request('RE%47IST%45R', 'sip:registrar.example.com', {
      To: 'To: "%Z%45" <sip:resource@example.com>',
      From: 'From: "%Z%45" <sip:resource@example.com>;tag=f232jadfj23{N}',
      Contact: 'Contact: <sip:alias1@127.0.0.1:{P}>\r\nContact: <sip:alias2@127.0.0.1:{P}>\r\nC%6Fntact: <sip:alias3@127.0.0.1:{P}>',
    }),
    expected: delivered('RE%47IST%45R'),
  },
  {
    name: 'lwsdisp',
    what: 'no white space between the display name and its bracket',
    text: request('OPTIONS', 'sip:user@{S}', { From: 'From: caller<sip:caller@example.com>;tag=323{N}' }),
    expected: delivered('OPTIONS'),
  },
  {
    name: 'longreq',
    what: 'long values everywhere',
    text: request(
      'INVITE',
      'sip:user@{S}',
      {
        Via: `Via: SIP/2.0/{T} 127.0.0.1:{P};branch=z9hG4bK{N}${'long'.repeat(60)}\r\n${Array.from({ length: 33 }, (_, n) => `v: SIP/2.0/TCP sip${n}.example.com;branch=z9hG4bK${'very'.repeat(8)}${n}`).join('\r\n')}`,
        To: `To: "${'I have a very long display name, '.repeat(9)}" <sip:user@{S};unknownparam=${'very'.repeat(20)}long;${'muchtoo'.repeat(20)}=${'bigvalue'.repeat(8)}>`,
        From: `From: sip:${'amazingly'.repeat(25)}longcallername@example.net;tag=${'twelve'.repeat(60)}{N};unknownheaderparam${'very'.repeat(12)}=${'long'.repeat(30)}`,
        'Call-ID': `Call-ID: {N}.longreq.${'really'.repeat(33)}longcallid`,
        Contact: `Contact: <sip:${'amazingly'.repeat(25)}longcallername@127.0.0.1:{P}>`,
        X: `Unknown-${'Long'.repeat(50)}: unknown-${'value'.repeat(200)}`,
      },
      SDP,
    ),
    expected: delivered('INVITE'),
  },
  {
    name: 'semiuri',
    what: 'a semicolon in the user of the Request-URI',
    text: request('OPTIONS', 'sip:user;par=u%40example.net@{S}', { Accept: 'Accept: application/sdp, application/pkcs7-mime,\r\n  multipart/mixed' }),
    expected: delivered('OPTIONS'),
  },
  {
    name: 'transports',
    what: 'known and unknown transports in the Vias below',
    text: request('OPTIONS', 'sip:user@{S}', {
      Via: lines(
        'Via: SIP/2.0/{T} 127.0.0.1:{P};branch=z9hG4bK{N}',
        ...['SCTP', 'TLS', 'UNKNOWN', 'TCP'].map((transport) => `Via: SIP/2.0/${transport} t${transport}.example.com;branch=z9hG4bKkdjuw${transport}`),
      ),
    }),
    expected: delivered('OPTIONS'),
  },
  {
    name: 'mpart01',
    what: 'a multipart body of two parts, one of them binary',
    text: request(
      'MESSAGE',
      'sip:kumiko@{S}',
      { 'Content-Type': 'Content-Type: multipart/mixed;boundary=7a9cbec02ceef655', 'MIME-Version': 'MIME-Version: 1.0' },
      lines(
        '--7a9cbec02ceef655',
        'Content-Type: text/plain',
        '',
        'Hello',
        '--7a9cbec02ceef655',
        'Content-Type: application/octet-stream',
        '',
        '0\u0082\u0001R\u0006',
        '--7a9cbec02ceef655--',
        '',
      ),
    ),
    expected: delivered('MESSAGE'),
  },
];

// ── §3.1.2: invalid ───────────────────────────────────────────────────────────────────────────────────────────────────

const invalid: Torture[] = [
  {
    name: 'badinv01',
    what: 'separators with nothing between them in Via, Contact and the rest',
    text: request('INVITE', 'sip:user@{S}', {
      Via: 'Via: SIP/2.0/{T} 127.0.0.1:{P};branch=z9hG4bK{N};;,;,,',
      Contact: 'Contact: "Joe" <sip:joe@127.0.0.1:{P}>;;;;',
    }),
    expected: refused(400),
  },
  {
    name: 'clerr',
    what: 'Content-Length larger than the message',
    text: request('INVITE', 'sip:user@{S}', { 'Content-Length': 'Content-Length: 9999' }, SDP),
    expected: { is: 'unfinished', status: 400 },
  },
  {
    name: 'ncl',
    what: 'a negative Content-Length',
    text: request('INVITE', 'sip:user@{S}', { 'Content-Length': 'Content-Length: -999' }, SDP),
    expected: { is: 'broken', status: 400 },
  },
  {
    name: 'scalar02',
    what: 'a CSeq and a Max-Forwards beyond their range',
    text: request('REGISTER', 'sip:{S}', {
      CSeq: 'CSeq: 36893488147419103232 REGISTER',
      'Max-Forwards': 'Max-Forwards: 300',
      Expires: 'Expires: 10000000000000000000000000000000',
      Contact: 'Contact: <sip:user@127.0.0.1:{P}>;expires=280297596632815',
    }),
    expected: refused(400),
  },
  {
    name: 'scalar02, Max-Forwards alone',
    what: 'Max-Forwards is 0 to 255',
    text: request('OPTIONS', 'sip:{S}', { 'Max-Forwards': 'Max-Forwards: 300' }),
    expected: refused(400),
  },
  {
    name: 'quotbal',
    what: 'a quote in the To that never closes',
    text: request('INVITE', 'sip:user@{S}', { To: 'To: "Mr. J. User <sip:j.user@example.com>' }),
    expected: refused(400),
  },
  { name: 'ltgtruri', what: 'a Request-URI in brackets', text: request('INVITE', '<sip:user@{S}>'), expected: refused(400) },
  { name: 'lwsruri', what: 'white space within the Request-URI', text: request('INVITE', 'sip:user@{S}; lr'), expected: refused(400) },
  {
    name: 'lwsstart',
    what: 'two spaces between the parts of the start line',
    text: request('INVITE', ' sip:user@{S} '),
    expected: refused(400),
  },
  {
    name: 'trws',
    what: 'spaces behind the version, which we overlook',
    text: request('OPTIONS', 'sip:user@{S}').replace(' SIP/2.0\r\n', ' SIP/2.0  \r\n'),
    expected: delivered('OPTIONS'),
  },
  {
    name: 'escruri',
    what: 'headers in the Request-URI',
    text: request('INVITE', 'sip:user@{S}?Route=%3Csip:example.com%3E'),
    expected: refused(400),
  },
  {
    name: 'baddate',
    what: 'a Date in another time zone than GMT, which nobody needs',
    text: request('INVITE', 'sip:user@{S}', { Date: 'Date: Fri, 01 Jan 2010 16:00:00 EST' }),
    expected: delivered('INVITE'),
  },
  {
    name: 'regbadct',
    what: 'a Contact with headers that is not in brackets',
    text: request('REGISTER', 'sip:{S}', { Contact: 'Contact: sip:user@127.0.0.1:{P}?Route=%3Csip:sip.example.com%3E' }),
    expected: refused(400),
  },
  {
    name: 'badaspec',
    what: 'white space inside the brackets, which we overlook',
    text: request('OPTIONS', 'sip:user@{S}', { To: 'To: "Watson, Thomas" < sip:t.watson@example.org >' }),
    expected: delivered('OPTIONS'),
  },
  {
    name: 'baddn',
    what: 'a display name with a comma and without quotes, which we overlook',
    text: request('OPTIONS', 'sip:user@{S}', { From: 'From: Bell, Alexander <sip:a.g.bell@example.com>;tag=43{N}' }),
    expected: delivered('OPTIONS'),
  },
  {
    name: 'badvers',
    what: 'an unknown version of SIP',
    text: request('OPTIONS', 'sip:user@{S}').replace(' SIP/2.0\r\n', ' SIP/7.0\r\n'),
    expected: refused(505),
  },
  { name: 'mismatch01', what: 'a CSeq of another method', text: request('OPTIONS', 'sip:user@{S}', { CSeq: 'CSeq: 8 INVITE' }), expected: refused(400) },
  {
    name: 'mismatch02',
    what: 'an unknown method with a CSeq of another',
    text: request('NEWMETHOD', 'sip:user@{S}', { CSeq: 'CSeq: 8 INVITE' }),
    expected: refused(400),
  },
];

// ── limits, in the spirit of the same sections ────────────────────────────────────────────────────────────────────────

const limits: Torture[] = [
  {
    name: 'a Request-URI of 5,000 characters',
    what: 'longer than any address',
    text: request('OPTIONS', `sip:${'u'.repeat(5_000)}@{S}`),
    expected: refused(414),
  },
  {
    name: 'a Content-Length of 300,000',
    what: 'a message may have 256 KB',
    text: request('MESSAGE', 'sip:user@{S}', { 'Content-Length': 'Content-Length: 300000' }, 'short'),
    expected: { is: 'broken', status: 513 },
  },
  {
    name: 'a Content-Length beyond 2^63',
    what: 'no number that fits',
    text: request('MESSAGE', 'sip:user@{S}', { 'Content-Length': 'Content-Length: 9223372036854775809' }, 'short'),
    expected: { is: 'broken', status: 400 },
  },
  { name: 'a method nobody has routed', what: 'and that is no method of the registry', text: request('FROBNICATE', 'sip:user@{S}'), expected: refused(501) },
  {
    name: 'a tag we never gave',
    what: 'inside a dialog that is not there',
    text: request('INVITE', 'sip:user@{S}', { To: 'To: <sip:user@{S}>;tag=1918181833n' }),
    expected: refused(481),
  },
  { name: 'BYE without a dialog', what: 'no tag in its To', text: request('BYE', 'sip:user@{S}'), expected: refused(481) },
  { name: 'CANCEL of nothing', what: 'no such INVITE', text: request('CANCEL', 'sip:user@{S}'), expected: refused(481) },
  { name: 'ACK of nothing', what: 'an ACK is never answered', text: request('ACK', 'sip:user@{S}'), expected: dropped },
  {
    name: 'INVITE without Contact',
    what: 'no requests inside its dialog could be sent',
    text: request('INVITE', 'sip:user@{S}', { Contact: '' }),
    expected: refused(400),
  },
];

// ── §3.2 to §3.4: transactions, applications, RFC 2543 ────────────────────────────────────────────────────────────────

const semantic: Torture[] = [
  {
    name: 'badbranch',
    what: 'a branch that is the magic cookie and nothing more: the older rule matches',
    text: request('OPTIONS', 'sip:user@{S}', { Via: 'Via: SIP/2.0/{T} 127.0.0.1:{P};branch=z9hG4bK' }),
    expected: delivered('OPTIONS'),
  },
  { name: 'insuf', what: 'no Call-ID, no From, no To', text: request('INVITE', 'sip:user@{S}', { To: '', From: '', 'Call-ID': '' }), expected: refused(400) },
  { name: 'insuf, no Via', what: 'nowhere to answer to', text: request('OPTIONS', 'sip:user@{S}', { Via: '' }), expected: dropped },
  { name: 'unkscm', what: 'a scheme nobody knows', text: request('OPTIONS', 'nobodyKnowsThisScheme:totallyopaquecontent'), expected: refused(416) },
  { name: 'novelsc', what: 'a known scheme that is no telephone', text: request('OPTIONS', 'soap.beep://192.0.2.103:3002'), expected: refused(416) },
  {
    name: 'unksm2',
    what: 'unknown schemes in To and From: whose address that is, is the registrar’s business',
    text: request('REGISTER', 'sip:{S}', {
      To: 'To: isbn:2983792873',
      From: 'From: <http://www.example.com>;tag=3234233{N}',
      Contact: 'Contact: <name:John_Smith>',
    }),
    expected: delivered('REGISTER'),
  },
  {
    name: 'bext01',
    what: 'Require and Proxy-Require: what the application understands, it alone knows',
    text: request('OPTIONS', 'sip:user@{S}', {
      Require: 'Require: nothingSupportsThis, nothingSupportsThisEither',
      'Proxy-Require': 'Proxy-Require: noProxiesSupportThis',
    }),
    expected: delivered('OPTIONS'),
  },
  {
    name: 'invut',
    what: 'an unknown body',
    text: request('INVITE', 'sip:user@{S}', { 'Content-Type': 'Content-Type: application/unknownformat' }, '<audio>\r\n <pcmu port="443"/>\r\n</audio>\r\n'),
    expected: delivered('INVITE'),
  },
  {
    name: 'regaut01',
    what: 'an unknown authorization scheme',
    text: request('REGISTER', 'sip:{S}', {
      Authorization: 'Authorization: NoOneKnowsThisScheme opaque-data=here',
      Contact: 'Contact: <sip:j.user@127.0.0.1:{P}>',
    }),
    expected: delivered('REGISTER'),
  },
  {
    name: 'multi01',
    what: 'From, Max-Forwards, To and Content-Type twice',
    text: request('INVITE', 'sip:user@{S}', {
      From: 'From: <sip:caller@example.net>;tag=3413415{N}\r\nFrom: <sip:other@example.net>;tag=2{N}',
      'Max-Forwards': 'Max-Forwards: 70\r\nMax-Forwards: 5',
      To: 'To: sip:user@example.com\r\nTo: sip:other@example.net',
    }),
    expected: refused(400),
  },
  {
    name: 'multi01, Call-ID twice',
    what: 'two Call-IDs',
    text: request('OPTIONS', 'sip:user@{S}', { 'Call-ID': 'Call-ID: {N}@127.0.0.1\r\nCall-ID: {N}@127.0.0.2' }),
    expected: refused(400),
  },
  {
    name: 'mcl01',
    what: 'two different Content-Lengths',
    text: request('OPTIONS', 'sip:user@{S}', { 'Content-Length': 'Content-Length: 13\r\nContent-Length: 5' }, 'There is one.'),
    expected: { is: 'broken', status: 400 },
  },
  {
    name: 'zeromf',
    what: 'OPTIONS with Max-Forwards 0 is answered by whom it reached',
    text: request('OPTIONS', 'sip:user@{S}', { 'Max-Forwards': 'Max-Forwards: 0' }),
    expected: delivered('OPTIONS'),
  },
  {
    name: 'zeromf, INVITE',
    what: 'a call with Max-Forwards 0 goes no further',
    text: request('INVITE', 'sip:user@{S}', { 'Max-Forwards': 'Max-Forwards: 0' }),
    expected: refused(483),
  },
  {
    name: 'cparam01',
    what: 'an unknown parameter of the Contact',
    text: request('REGISTER', 'sip:{S}', { Contact: 'Contact: sip:+19725552222@127.0.0.1:{P};unknownparam' }),
    expected: delivered('REGISTER'),
  },
  {
    name: 'cparam02',
    what: 'an unknown parameter of the Contact’s URI',
    text: request('REGISTER', 'sip:{S}', { Contact: 'Contact: <sip:+19725552222@127.0.0.1:{P};unknownparam>' }),
    expected: delivered('REGISTER'),
  },
  {
    name: 'regescrt',
    what: 'an escaped header in the Contact’s URI',
    text: request('REGISTER', 'sip:{S}', { Contact: 'Contact: <sip:user@127.0.0.1:{P}?Route=%3Csip:sip.example.com%3E>' }),
    expected: delivered('REGISTER'),
  },
  {
    name: 'sdp01',
    what: 'an Accept that knows no session description',
    text: request('INVITE', 'sip:user@{S}', { Accept: 'Accept: text/nobodyKnowsThis' }, SDP),
    expected: delivered('INVITE'),
  },
  {
    name: 'inv2543',
    what: 'an INVITE of RFC 2543: no branch, no tag, no Max-Forwards',
    text: lines(
      'INVITE sip:UserB@{S} SIP/2.0',
      'Via: SIP/2.0/{T} 127.0.0.1:{P}',
      'From: <sip:iuser@127.0.0.1>',
      'Record-Route: <sip:UserB@127.0.0.1;maddr=ss1.example.com>',
      'To: sip:UserB@example.com',
      'Call-ID: {N}.inv2543@127.0.0.1',
      'CSeq: 56 INVITE',
      'Contact: <sip:iuser@127.0.0.1:{P}>',
      'Content-Type: application/sdp',
      'Content-Length: {L}',
      '',
      SDP,
    ),
    expected: delivered('INVITE'),
  },
];

// ── RFC 5118 ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const SDP6 = lines('v=0', 'o=assistant 971731711378798081 0 IN IP6 2001:db8::20', 's=-', 'c=IN IP6 2001:db8::20', 't=0 0', 'm=audio 6000 RTP/AVP 0', '');

const ipv6: Torture[] = [
  {
    name: 'ipv6-good',
    what: 'a reference with brackets',
    text: request('REGISTER', 'sip:[2001:db8::10]', { To: 'To: sip:user@[2001:db8::10]' }),
    expected: delivered('REGISTER'),
  },
  { name: 'ipv6-bad', what: 'an address without brackets in the Request-URI', text: request('REGISTER', 'sip:2001:db8::10'), expected: refused(400) },
  {
    name: 'port-ambiguous',
    what: 'what looks like a port within the brackets is address',
    text: request('REGISTER', 'sip:[2001:db8::10:5070]'),
    expected: delivered('REGISTER'),
  },
  { name: 'port-unambiguous', what: 'a port behind the brackets', text: request('REGISTER', 'sip:[2001:db8::10]:5070'), expected: delivered('REGISTER') },
  {
    name: 'via-received-param-with-delim',
    what: 'received in brackets',
    text: request('OPTIONS', 'sip:[2001:db8::10]', {
      Via: 'Via: SIP/2.0/{T} 127.0.0.1:{P};branch=z9hG4bK{N}\r\nVia: SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3-111',
    }),
    expected: delivered('OPTIONS'),
  },
  {
    name: 'via-received-param-no-delim',
    what: 'received without brackets',
    text: request('OPTIONS', 'sip:[2001:db8::10]', {
      Via: 'Via: SIP/2.0/{T} 127.0.0.1:{P};branch=z9hG4bK{N}\r\nVia: SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKas3',
    }),
    expected: delivered('OPTIONS'),
  },
  { name: 'ipv6-in-sdp', what: 'IPv6 in the session description', text: request('INVITE', 'sip:user@[2001:db8::10]', {}, SDP6), expected: delivered('INVITE') },
  {
    name: 'mult-ip-in-header',
    what: 'both families in one message',
    text: request('OPTIONS', 'sip:user@[2001:db8::10]', {
      Via: 'Via: SIP/2.0/{T} 127.0.0.1:{P};branch=z9hG4bK{N}\r\nVia: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKa, SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKb;received=192.0.2.9',
    }),
    expected: delivered('OPTIONS'),
  },
  {
    name: 'mult-ip-in-sdp',
    what: 'both families in one session description',
    text: request('INVITE', 'sip:user@[2001:db8::10]', {}, `${SDP6}m=video 6024 RTP/AVP 107\r\nc=IN IP4 192.0.2.1\r\na=rtpmap:107 H263-1998/90000\r\n`),
    expected: delivered('INVITE'),
  },
  {
    name: 'ipv4-mapped-ipv6',
    what: 'mapped addresses',
    text: request(
      'INVITE',
      'sip:user@example.com',
      { Contact: 'Contact: "T. desk phone" <sip:caller@[::ffff:192.0.2.10]>' },
      SDP.replaceAll('IP4 127.0.0.1', 'IP6 ::ffff:192.0.2.10'),
    ),
    expected: delivered('INVITE'),
  },
  {
    name: 'ipv6-bug-abnf-3-colons',
    what: 'three colons, as an older grammar made them',
    text: request('OPTIONS', 'sip:user@[2001:db8:::192.0.2.1]', { To: 'To: <sip:user@[2001:db8:::192.0.2.1]>' }),
    expected: delivered('OPTIONS'),
  },
];

/** Rows of RFC 5118. */
export const IPV6: ReadonlySet<string> = new Set(ipv6.map(({ name }) => name));
export const TORTURES: readonly Torture[] = [...valid, ...invalid, ...limits, ...semantic, ...ipv6];

// ── responses, to a request of the application whose Via, To, From, Call-ID and CSeq are put in ───────────────────────

export interface TortureResponse {
  name: string;
  what: string;
  /** The start line; the rest is taken from the request. */
  start: string;
  rows?: string[];
  /** The status and phrase that reach the application, or null: it is dropped. */
  reaches: [number, string] | null;
  edit?: (head: string) => string;
}

export const RESPONSES: readonly TortureResponse[] = [
  {
    name: 'unreason',
    what: 'a phrase in another script',
    start: 'SIP/2.0 200 = 2**3 * 5**2 но сто девяносто девять - простое',
    reaches: [200, '= 2**3 * 5**2 но сто девяносто девять - простое'],
  },
  { name: 'noreason', what: 'no phrase at all', start: 'SIP/2.0 200 ', reaches: [200, ''] },
  { name: 'bigcode', what: 'a status beyond any', start: 'SIP/2.0 4294967301 better not break the receiver', reaches: null },
  { name: 'bigcode, four digits', what: 'a status of four digits', start: 'SIP/2.0 2000 no', reaches: null },
  {
    name: 'scalarlg',
    what: 'a CSeq, a Retry-After and a Warning beyond their range',
    start: 'SIP/2.0 503 Service Unavailable',
    edit: (head) => head.replace(/^CSeq: .*$/m, 'CSeq: 9292394834772304023312 OPTIONS'),
    rows: ['Retry-After: 949302838503028349304023988', 'Warning: 1812 overture "In Progress"'],
    reaches: null,
  },
  {
    name: 'bcast',
    what: 'a 200 whose second Via is broadcast',
    start: 'SIP/2.0 200 OK',
    edit: (head) => head.replace(/^(Via: .*)$/m, '$1\r\nVia: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23'),
    reaches: null,
  },
  { name: 'badvers, response', what: 'another version', start: 'SIP/7.0 200 OK', reaches: null },
];

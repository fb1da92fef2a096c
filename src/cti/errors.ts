/** What the desk protocol says when something is wrong: close codes, and error codes with what to do, for a person. `close`: where the socket is closed for it as well. */

interface ErrorRow {
  zh: string;
  en: string;
  close?: CloseCode;
}

/** WebSocket close codes: one for each offence, so that a desk knows whether (and when) to come back. */
export const closeCodes = {
  goingAway: { code: 1001, comeBack: true, meaning: 'the server is shutting down' },
  tooLarge: { code: 1009, comeBack: false, meaning: 'a frame over 64 KiB' },
  internal: { code: 1011, comeBack: true, meaning: 'a fault of the server' },
  slowConsumer: { code: 1013, comeBack: true, meaning: 'more than 1 MB waits to be read by the desk' },
  badMessage: { code: 4400, comeBack: false, meaning: 'not a message of this protocol' },
  unauthorised: { code: 4401, comeBack: false, meaning: 'the token is unknown, expired or withdrawn: sign in again' },
  forbidden: { code: 4403, comeBack: false, meaning: 'the user has no desk' },
  helloTimeout: { code: 4408, comeBack: true, meaning: 'no hello within 10 s' },
  replaced: { code: 4409, comeBack: false, meaning: 'the agent opened a desk elsewhere: the newest has taken over' },
  signedOut: { code: 4410, comeBack: false, meaning: 'signed out' },
  silent: { code: 4411, comeBack: true, meaning: 'no pong for 30 s' },
  tooFast: { code: 4429, comeBack: true, meaning: 'more than 50 messages a second, or too many sockets from one address' },
} as const satisfies Record<string, { code: number; comeBack: boolean; meaning: string }>;
export type CloseCode = keyof typeof closeCodes;

export const ctiErrors = {
  bad_json: { zh: '消息不是有效的 JSON。', en: 'The message is not valid JSON.', close: 'badMessage' },
  bad_message: { zh: '消息格式不正确。', en: 'The message has a wrong shape.' },
  unknown_type: { zh: '本服务器不支持该指令。', en: 'This server does not know this command.' },
  hello_first: { zh: '请先发送 hello 登录。', en: 'Say hello with a token first.', close: 'badMessage' },
  hello_again: { zh: '该连接已登录。', en: 'This socket has said hello already.' },
  unauthorised: { zh: '登录已失效，请重新登录。', en: 'Your sign-in is no longer valid: sign in again.', close: 'unauthorised' },
  no_desk: { zh: '该账号不是坐席，不能登录坐席台。', en: 'This user is not an agent and has no desk.', close: 'forbidden' },
  replaced: { zh: '您已在其他地方登录，此处已下线。', en: 'You opened your desk elsewhere; this one is closed.', close: 'replaced' },
  too_fast: { zh: '操作过于频繁，请稍候再试。', en: 'Too many messages: slow down and connect again.', close: 'tooFast' },
  not_signed_in: { zh: '您尚未签入。', en: 'You are signed out: sign in first.' },
  no_call: { zh: '当前没有通话。', en: 'You have no call.' },
  no_call_offered: { zh: '当前没有来电等待应答。', en: 'No call is ringing for you.' },
  lift_phone: { zh: '您的话机不支持远程摘机，请拿起话机应答。', en: 'Your phone cannot be answered from the desk: lift it.' },
  phone_unmoved: { zh: '话机没有按指令摘机，请拿起话机应答。', en: 'Your phone did not answer as it was told: lift it.' },
  retrieve_at_phone: { zh: '通话由话机保持，请在话机上取回。', en: 'Your phone holds the call: retrieve it there.' },
  other_call: { zh: '该通话已不属于您。', en: 'That call is not yours any more.' },
  call_offered: { zh: '有来电正在振铃，请先应答或拒绝。', en: 'A call is ringing: answer or reject it first.' },
  on_call: { zh: '您正在通话，请先结束通话。', en: 'You are on a call: end it first.' },
  on_hold: { zh: '通话已处于保持状态。', en: 'The call is on hold already.' },
  not_on_hold: { zh: '通话未处于保持状态。', en: 'The call is not on hold.' },
  consulting: { zh: '您正在咨询，请先完成或取消咨询。', en: 'You are consulting somebody: complete or cancel that first.' },
  consult_ringing: { zh: '被咨询方尚未应答。', en: 'Whom you consult has not answered yet.' },
  no_consult: { zh: '当前没有咨询。', en: 'You are consulting nobody.' },
  consulted: { zh: '您是被咨询方，客户由同事负责。', en: 'A colleague asked you in: the customer is theirs.' },
  conferenced: { zh: '通话处于会议中，请先结束会议。', en: 'The call is a conference: end that first.' },
  no_conference: { zh: '当前没有会议。', en: 'You are in no conference.' },
  transferring: { zh: '正在转接，请稍候。', en: 'The call is being transferred: wait.' },
  too_many_parties: { zh: '会议人数已满：最多 6 方。', en: 'The conference is full: six parties at most.' },
  unknown_party: { zh: '会议中没有该参与方。', en: 'Nobody of that name is in the conference.' },
  not_wrapping_up: { zh: '当前没有需要处理的话后工作。', en: 'There is no call to wrap up.' },
  no_more_wrap_up: { zh: '话后时间不能再延长。', en: 'Your wrap-up cannot be made longer.' },
  held: { zh: '班长已将您设为示忙，须由班长解除。', en: 'A supervisor has set you not ready, and ends it: ask them.' },
  no_talk: { zh: '该通话当前没有坐席与客户交谈。', en: 'Nobody talks with the customer on that call now.' },
  supervised: { zh: '该通话已有班长在监听。', en: 'Another supervisor is on that call already.' },
  not_supervised: { zh: '您没有在监听该通话。', en: 'You are not on that call.' },
  supervision_forbidden: { zh: '该队列或坐席不允许此操作。', en: 'That is not allowed on calls of this queue or agent.' },
  no_phone: { zh: '请指定您身边的话机工号，且该话机须在线、未在通话。', en: 'Name the phone beside you by its number: it must be registered, and on no call.' },
  unknown_call: { zh: '没有该通话。', en: 'There is no such call.' },
  not_waiting: { zh: '该来电已不在排队，或正在振铃。', en: 'That caller waits no more, or a phone rings for them already.' },
  unknown_queue: { zh: '没有该队列。', en: 'There is no such queue.' },
  queue_closed: { zh: '该队列已关闭，或没有坐席，不能转入。', en: 'That queue is closed, or nobody is there: callers cannot go there now.' },
  nobody_there: { zh: '没有可以收到消息的已签入坐席。', en: 'Nobody it is meant for is signed in.' },
  unknown_alert: { zh: '该告警已解除。', en: 'That alert is over.' },
  unknown_agent: { zh: '没有该工号的坐席。', en: 'There is no agent of that number.' },
  agent_signed_out: { zh: '该坐席未签入。', en: 'That agent is signed out.' },
  wrapping_up: { zh: '请先完成话后处理。', en: 'Finish wrapping up first.' },
  capturing: { zh: '正在进行保密按键采集，请稍候。', en: 'The customer is keying something in already: wait, or cancel it.' },
  unknown_form: { zh: '没有该保密采集表单或字段。', en: 'There is no such form, or no such field in it.' },
  other_interaction: { zh: '该会话不属于您，或已结束。', en: 'That conversation is not yours, or is over.' },
  interaction_moved: { zh: '该会话的状态已改变，请按当前状态操作。', en: 'That conversation stands differently by now.' },
  too_much_data: { zh: '随路数据过多：最多 32 项。', en: 'Too much call data: 32 entries at most.' },
  unknown_target: { zh: '找不到转接目标。', en: 'Nobody is known under that transfer target.' },
  calling: { zh: '对方尚未应答。', en: 'Whom you call has not answered yet.' },
  phone_away: { zh: '您的话机未注册，不能呼出。', en: 'Your phone is not registered: calls cannot be made from it.' },
  bad_number: { zh: '该号码无法拨打，请检查号码。', en: 'Nobody can be reached at that number: check it.' },
  own_number: { zh: '该号码是本企业的热线号码，不能从坐席台拨打。', en: 'That is a hotline number of your own: it cannot be called from a desk.' },
  no_trunk: { zh: '没有可用于该号码的中继。', en: 'No trunk takes calls to that number.' },
  no_new_calls: { zh: '系统暂时不能接受新呼叫，请稍后再试。', en: 'The server takes no new calls at the moment: try again shortly.' },
  dial_refused: { zh: '外呼规则不允许拨打该号码。', en: 'The rules for calls outside do not allow that call now.' },
  not_your_queue: { zh: '您不属于该队列。', en: 'You are not in that queue.' },
  no_callbacks: { zh: '该队列不提供回呼。', en: 'That queue calls nobody back.' },
  callback_exists: { zh: '该号码已有待回呼。', en: 'That number is to be called back already.' },
  callback_full: { zh: '待回呼过多，暂不能预约。', en: 'Too many callbacks wait already: none can be booked now.' },
  bad_window: {
    zh: '回呼时间不正确：须在 31 天之内，且结束晚于开始。',
    en: 'That is no time to call back: it must end after it begins, and after now, within 31 days.',
  },
  not_callable: { zh: '该号码不能回呼。', en: 'That number may not be called back.' },
  not_transferable: { zh: '同事之间的通话只能转给坐席或号码。', en: 'A talk between colleagues can go to agents and numbers only.' },
  no_survey: {
    zh: '该通话不能转满意度评价：队列未设置，或该号码近期已评价过。',
    en: 'This caller cannot be asked: the queue has no survey, or the number was asked lately.',
  },
  not_allowed: { zh: '您没有权限执行此操作。', en: 'You are not allowed to do that.' },
  bad_form: { zh: '表单内容与队列的设置不符。', en: 'The form holds something that its queue does not ask for.' },
  internal: { zh: '系统故障，请重试。', en: 'Something broke on our side: try again.' },
} as const satisfies Record<string, ErrorRow>;
export type CtiErrorCode = keyof typeof ctiErrors;
export const ctiErrorCodes = Object.keys(ctiErrors) as CtiErrorCode[];

/** The sentence for a person; `detail` says which part, where that helps. */
export function ctiError(code: CtiErrorCode, language: 'zh' | 'en', detail?: string): { code: CtiErrorCode; message: string } {
  const sentence = ctiErrors[code][language];
  return { code, message: detail === undefined ? sentence : `${sentence} (${detail})` };
}

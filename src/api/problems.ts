/** Every error of the API in one table: code, status and the sentence a person reads (RFC 9457 problem documents). */
import { z } from 'zod';

interface ProblemRow {
  status: number;
  zh: string;
  en: string;
}

export const problems = {
  bad_request: { status: 400, zh: '请求格式不正确。', en: 'The request is malformed.' },
  validation_failed: { status: 400, zh: '请求内容未通过校验。', en: 'Something in the request is not as it must be: see errors.' },
  unauthenticated: { status: 401, zh: '请先登录。', en: 'Sign in first.' },
  wrong_credentials: { status: 401, zh: '用户名或密码不正确。', en: 'The user name or the password is wrong.' },
  second_factor_needed: { status: 401, zh: '请输入验证器上的六位验证码。', en: 'Enter the code of your authenticator too.' },
  second_factor_missing: { status: 403, zh: '您的角色必须先设置两步验证。', en: 'Your role must have a second factor: set it up first.' },
  forbidden: { status: 403, zh: '您没有权限执行此操作。', en: 'You are not allowed to do that.' },
  not_found: { status: 404, zh: '未找到。', en: 'Nothing is here under that name.' },
  conflict: { status: 409, zh: '名称已被占用。', en: 'That name is taken.' },
  changed_since: { status: 409, zh: '预览之后已有人改动，请重新预览。', en: 'Somebody changed this since the preview: look at a new one.' },
  signed_out: { status: 409, zh: '坐席已签出，须由其本人重新签入。', en: 'She is signed out: she signs in herself.' },
  not_now: { status: 409, zh: '现在不能执行该操作。', en: 'That cannot be done as things stand: see detail.' },
  in_use: { status: 409, zh: '仍在使用中。', en: 'It is still in use.' },
  callback_taken: { status: 409, zh: '坐席已接手该回呼，不能取消。', en: 'An agent has taken this callback already: it cannot be given up.' },
  key_in_use: { status: 409, zh: '相同 Idempotency-Key 的请求正在处理。', en: 'A request with this Idempotency-Key is still under way.' },
  too_large: { status: 413, zh: '请求内容过大。', en: 'The request is too large.' },
  unsupported_media: { status: 415, zh: '不支持的内容类型。', en: 'Send JSON (application/json).' },
  range_not_satisfiable: { status: 416, zh: '请求的范围无效。', en: 'The recording has no such part.' },
  recording_held: { status: 409, zh: '录音处于法律保全状态，不能删除。', en: 'The recording is under a legal hold and stays.' },
  call_held: { status: 409, zh: '整个通话处于法律保全状态：请解除通话的保全。', en: 'The whole call is under a legal hold: lift that one.' },
  recording_changed: { status: 409, zh: '录音文件已被改动或无法解密。', en: 'The file of the recording was changed, or its key is not ours.' },
  recording_erased: { status: 410, zh: '录音已删除。', en: 'The recording has been erased.' },
  key_reused: { status: 422, zh: 'Idempotency-Key 已用于另一请求。', en: 'This Idempotency-Key was used for a different request.' },
  dialplan_faulty: { status: 422, zh: '流程有错误，未发布。', en: 'The dialplan has faults and was not published: see errors.' },
  too_many_requests: { status: 429, zh: '请求过于频繁，请稍候再试。', en: 'Too many requests: wait a little and try again.' },
  internal: { status: 500, zh: '系统故障，请重试。', en: 'Something broke on our side: try again.' },
  unavailable: { status: 503, zh: '服务暂时不可用，请稍候再试。', en: 'Not available for the moment: try again soon.' },
} as const satisfies Record<string, ProblemRow>;
export type ProblemCode = keyof typeof problems;

export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  code: z.string(),
  detail: z.string().optional(),
  /** The request's id, to find it in the log. */
  instance: z.string().optional(),
  errors: z.array(z.object({ at: z.string(), message: z.string() })).optional(),
});
export type ProblemDocument = z.infer<typeof problemSchema>;
export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** Thrown by handlers; the server turns it into the document. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly errors: { at: string; message: string }[] | undefined;
  constructor(code: ProblemCode, detail = '', errors?: { at: string; message: string }[]) {
    super(detail);
    this.name = 'Problem';
    this.code = code;
    this.errors = errors;
  }
}

export function problemDocument(problem: Problem, language: 'zh' | 'en', instance: string): ProblemDocument {
  const row = problems[problem.code];
  return {
    type: `urn:huawu:problem:${problem.code}`,
    title: row[language],
    status: row.status,
    code: problem.code,
    ...(problem.message === '' ? {} : { detail: problem.message }),
    instance,
    ...(problem.errors === undefined ? {} : { errors: problem.errors }),
  };
}

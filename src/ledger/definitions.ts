/**
 * What each figure means: the one place. Live figures, reports and consoles work figures out here and nowhere else, and show these words.
 * `SPEC.md` has the reasons and sources.
 */
import { blockedBuckets, type CallCounts, type Handled, type Offers, sumOf, type Times, timeMeasures, type Visits } from './measures.ts';
import type { Resolution } from './resolution.ts';

/** Who hangs up no later than this has not given the queue a chance. */
export const SHORT_ABANDON_MS = 5_000;
/** The hotline's norm, whatever a queue's own threshold is. */
export const FIFTEEN_SECONDS_MS = 15_000;

export const serviceLevelVariants = ['answered_and_abandoned', 'offered', 'offered_with_abandoned', 'answered'] as const;
export type ServiceLevelVariant = (typeof serviceLevelVariants)[number];
export const USUAL_VARIANT: ServiceLevelVariant = 'answered_and_abandoned';

/** A share from 0 to 1, or ms; null = there is nothing to work it out of. */
export type Figure = number | null;

export interface Definition {
  zh: string;
  en: string;
  formula: string;
  unit: 'contacts' | 'share' | 'ms' | 'rating';
}

/** O offered, A answered, B abandoned but for short ones (Bs), K blocked, T the queue's own threshold. */
export const serviceLevelDefinitions: Record<ServiceLevelVariant, Definition> = {
  answered_and_abandoned: { zh: '服务水平（接通与放弃）', en: 'Service level of answered and abandoned', formula: 'A(≤T) / (A + B)', unit: 'share' },
  offered: { zh: '服务水平（呼入）', en: 'Service level of offered', formula: 'A(≤T) / O', unit: 'share' },
  offered_with_abandoned: {
    zh: '服务水平（呼入，含限时内放弃）',
    en: 'Service level of offered, early leavers kept',
    formula: '(A(≤T) + (B + Bs)(≤T)) / O',
    unit: 'share',
  },
  answered: { zh: '服务水平（接通）', en: 'Service level of answered', formula: 'A(≤T) / A', unit: 'share' },
};

export const definitions = {
  offered: { zh: '呼入量', en: 'Offered', formula: 'O = entered − K', unit: 'contacts' },
  blocked: { zh: '拦截量', en: 'Blocked', formula: 'K = full + dissuaded + closed or without agents at the door', unit: 'contacts' },
  answered: { zh: '接通量', en: 'Answered', formula: 'A = visits that an agent took', unit: 'contacts' },
  abandoned: { zh: '放弃量', en: 'Abandoned', formula: `B = callers who hung up after more than ${SHORT_ABANDON_MS / 1000} s`, unit: 'contacts' },
  shortAbandoned: { zh: '短时放弃量', en: 'Short abandons', formula: `Bs = callers who hung up within ${SHORT_ABANDON_MS / 1000} s`, unit: 'contacts' },
  answerRate: { zh: '接通率', en: 'Answer rate', formula: 'A / (O − Bs)', unit: 'share' },
  fifteenSecondRate: { zh: '15秒接通率', en: '15-second rate', formula: 'A(≤15 s) / (A + B)', unit: 'share' },
  abandonRate: { zh: '放弃率', en: 'Abandon rate', formula: 'B / (A + B)', unit: 'share' },
  averageSpeedOfAnswerMs: { zh: '平均应答时长', en: 'Average speed of answer (ASA)', formula: 'Σ wait of answered / A', unit: 'ms' },
  longestWaitMs: { zh: '最长等待', en: 'Longest wait', formula: 'max wait of visits that are over', unit: 'ms' },
  averageHandleTimeMs: { zh: '平均处理时长', en: 'Average handle time (AHT)', formula: '(talk + hold + wrap-up) / handled', unit: 'ms' },
  averageTalkMs: { zh: '平均通话时长', en: 'Average talk time', formula: 'talk / handled', unit: 'ms' },
  averageHoldMs: { zh: '平均保持时长', en: 'Average hold time', formula: '(hold + consultation) / handled', unit: 'ms' },
  averageWrapUpMs: { zh: '平均话后处理时长', en: 'Average wrap-up (ACW)', formula: 'wrap-up / handled', unit: 'ms' },
  transferRate: { zh: '转接率', en: 'Transfer rate', formula: 'contacts sent on by their agent / handled', unit: 'share' },
  occupancy: {
    zh: '占用率',
    en: 'Occupancy',
    formula: 'busy / (busy + available); busy = talk + hold + consultation + wrap-up + other channels, available = ready + reserved + ringing',
    unit: 'share',
  },
  utilisation: { zh: '工时利用率', en: 'Utilisation', formula: '(busy + available) / signed in', unit: 'share' },
  customerSatisfaction: { zh: '满意度', en: 'CSAT', formula: '(rated 1 + rated 2) / rated, for who served last', unit: 'share' },
  ratingRate: { zh: '参评率', en: 'Rating rate', formula: 'rated / asked to rate', unit: 'share' },
  surveyRate: { zh: '邀评率', en: 'Share asked to rate', formula: 'asked to rate / handled', unit: 'share' },
  averageRating: { zh: '平均评分', en: 'Mean rating', formula: 'Σ rating / rated; 1 is best, 5 worst', unit: 'rating' },
  ronaRate: { zh: '未应答率', en: 'RONA rate', formula: 'offers not answered in time / offers', unit: 'share' },
  firstContactResolution: {
    zh: '一次解决率',
    en: 'First contact resolution (FCR)',
    formula:
      '1 − (came back within 7 days) / N; N = served contacts of a shown number whose 7 days are over. Who came back: called again from that number, for the same disposition, or for any where one of the two has none',
    unit: 'share',
  },
  repeatRate24h: { zh: '24小时重复来电率', en: 'Repeats within 24 h', formula: 'came back within 24 h / N', unit: 'share' },
  repeatRate48h: { zh: '48小时重复来电率', en: 'Repeats within 48 h', formula: 'came back within 48 h / N', unit: 'share' },
  repeatRate72h: { zh: '72小时重复来电率', en: 'Repeats within 72 h', formula: 'came back within 72 h / N', unit: 'share' },
  containment: {
    zh: '自助解决率',
    en: 'Self-service containment',
    formula: '(ended by the dialplan + hung up in it, no agent asked for) / (arrived − refused − internal)',
    unit: 'share',
  },
} as const satisfies Record<string, Definition>;

/** What the journal does not hold, and what it would take. */
export const unknowable: Record<string, { zh: string; en: string; needs: string }> = {
  paidUtilisation: { zh: '按计薪工时的利用率', en: 'Utilisation of paid time', needs: 'paid hours: a roster; until then it is a share of the time signed in' },
  shrinkage: { zh: '损耗率', en: 'Shrinkage', needs: 'paid hours' },
  adherence: { zh: '排班遵守率', en: 'Adherence', needs: 'planned hours' },
};

const share = (part: number, whole: number): Figure => (whole > 0 ? part / whole : null);
const each = share;

export const blockedOf = (visits: Visits): number => sumOf(visits, blockedBuckets);
export const offeredOf = (visits: Visits): number => visits.entered - blockedOf(visits);

export function serviceLevel(visits: Visits, variant: ServiceLevelVariant): Figure {
  const { answered, abandoned, answeredWithin, abandonedWithin } = visits;
  switch (variant) {
    case 'answered_and_abandoned':
      return share(answeredWithin, answered + abandoned);
    case 'offered':
      return share(answeredWithin, offeredOf(visits));
    case 'offered_with_abandoned':
      return share(answeredWithin + abandonedWithin, offeredOf(visits));
    case 'answered':
      return share(answeredWithin, answered);
  }
}

export function contactFigures(visits: Visits, variant: ServiceLevelVariant) {
  const { answered, abandoned, shortAbandoned, answeredWithin15, answerWaitMs } = visits;
  return {
    offered: offeredOf(visits),
    blocked: blockedOf(visits),
    serviceLevel: serviceLevel(visits, variant),
    answerRate: share(answered, offeredOf(visits) - shortAbandoned),
    fifteenSecondRate: share(answeredWithin15, answered + abandoned),
    abandonRate: share(abandoned, answered + abandoned),
    averageSpeedOfAnswerMs: each(answerWaitMs, answered),
  };
}

export function handlingFigures({ handled, talkMs, holdMs, wrapUpMs, transfers, surveyed, rated, rated1, rated2, ...more }: Handled) {
  const sum = rated1 + 2 * rated2 + 3 * more.rated3 + 4 * more.rated4 + 5 * more.rated5;
  return {
    averageHandleTimeMs: each(talkMs + holdMs + wrapUpMs, handled),
    averageTalkMs: each(talkMs, handled),
    averageHoldMs: each(holdMs, handled),
    averageWrapUpMs: each(wrapUpMs, handled),
    transferRate: share(transfers, handled),
    customerSatisfaction: share(rated1 + rated2, rated),
    ratingRate: share(rated, surveyed),
    surveyRate: share(surveyed, handled),
    averageRating: each(sum, rated),
  };
}

export const busyOf = (times: Times): number => times.talkingMs + times.holdingMs + times.consultingMs + times.wrappingUpMs + times.servingMs;
export const availableOf = (times: Times): number => times.readyMs + times.reservedMs + times.ringingMs;
export const signedInOf = (times: Times): number => sumOf(times, timeMeasures);

export function timeFigures(times: Times) {
  const busyMs = busyOf(times);
  const availableMs = availableOf(times);
  const signedInMs = signedInOf(times);
  return { signedInMs, busyMs, availableMs, occupancy: share(busyMs, busyMs + availableMs), utilisation: share(busyMs + availableMs, signedInMs) };
}

export const offerFigures = ({ offers, unanswered }: Offers) => ({ ronaRate: share(unanswered, offers) });

export const callFigures = ({ arrived, contained, leftInIvr, refused, internal }: CallCounts) => ({
  containment: share(contained + leftInIvr, arrived - refused - internal),
});

/** `resolved`: came back for nothing within seven days, which are over. */
export function resolutionFigures({ contacts, pending, repeated, repeated24h, repeated48h, repeated72h }: Resolution) {
  const over = contacts - pending;
  return {
    resolved: over - repeated,
    firstContactResolution: share(over - repeated, over),
    repeatRate24h: share(repeated24h, over),
    repeatRate48h: share(repeated48h, over),
    repeatRate72h: share(repeated72h, over),
  };
}

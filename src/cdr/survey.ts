/** What the caller said of the talk afterwards, or why she did not. */
import type { CallEvent } from '../call/event.ts';
import type { OpenCall } from './open.ts';
import type { SurveyRecord } from './record.ts';

type EventOf<T extends CallEvent['type']> = Extract<CallEvent, { type: T }>;

/** Until something is heard of her she has hung up. */
export function surveyAsked({ queueId, agentId, how }: EventOf<'surveyAsked'>, at: number): SurveyRecord {
  return { queueId, agentId, askedAt: at, how, rating: null, reason: null, end: 'hung_up' };
}

export const surveyNotAsked = ({ queueId, agentId, why }: EventOf<'surveyNotAsked'>): SurveyRecord => ({
  ...{ queueId, agentId, askedAt: null, how: null, rating: null, reason: null },
  end: why,
});

type Answer = EventOf<'surveyAnswered'> | EventOf<'surveyReasonGiven'> | EventOf<'surveyGivenUp'>;

/** The call whose record it changed. */
export function surveyWord(call: OpenCall | undefined, word: Answer): OpenCall | undefined {
  if (call?.survey === undefined || call.survey.askedAt === null) return undefined;
  call.survey = answered(call.survey, word);
  return call;
}

function answered(survey: SurveyRecord, word: Answer): SurveyRecord {
  switch (word.type) {
    case 'surveyAnswered':
      return { ...survey, rating: word.rating, end: word.asksWhy ? 'not_said_why' : 'answered' };
    case 'surveyReasonGiven':
      return survey.rating === null ? survey : { ...survey, reason: word.reason, end: 'answered' };
    case 'surveyGivenUp':
      return word.question === 'rating' && survey.rating === null ? { ...survey, end: word.why } : survey;
  }
}

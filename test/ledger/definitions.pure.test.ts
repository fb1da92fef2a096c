/** Golden data: each figure of a made-up half hour, worked out by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  callFigures,
  contactFigures,
  handlingFigures,
  offerFigures,
  resolutionFigures,
  serviceLevel,
  serviceLevelVariants,
  timeFigures,
} from '../../src/ledger/definitions.ts';
import { callMeasures, handledMeasures, offerMeasures, timeMeasures, visitMeasures, zero } from '../../src/ledger/measures.ts';

const near = (is: number | null, want: number): void => assert.ok(is !== null && Math.abs(is - want) < 0.00005, `${is} is not ${want}`);

/** 110 came, 10 were blocked; of the 100 offered 80 were answered (64 in time, 60 within 15 s), 10 gave up (3 within the threshold), 5 within 5 s, 5 overflowed. */
const visits = {
  ...zero(visitMeasures),
  ...{ entered: 110, full: 6, refusedClosed: 3, dissuaded: 1, answered: 80, abandoned: 10, shortAbandoned: 5, overflowed: 5 },
  ...{ answeredWithin: 64, answeredWithin15: 60, abandonedWithin: 8, abandonedWithin15: 7, answerWaitMs: 640_000 },
};

test('service level by each variant', () => {
  const levels = Object.fromEntries(serviceLevelVariants.map((variant) => [variant, serviceLevel(visits, variant)]));
  assert.deepEqual(levels, { answered_and_abandoned: 64 / 90, offered: 0.64, offered_with_abandoned: 0.72, answered: 0.8 });
});

test('offered leaves out who was blocked; the answer rate leaves out short abandons; the 15-second rate is of answered and abandoned', () => {
  const figures = contactFigures(visits, 'answered_and_abandoned');
  assert.deepEqual([figures.offered, figures.blocked], [100, 10]);
  near(figures.answerRate, 80 / 95);
  near(figures.fifteenSecondRate, 0.6667);
  near(figures.abandonRate, 0.1111);
  assert.equal(figures.averageSpeedOfAnswerMs, 8_000);
});

test('AHT is talk, hold and wrap-up', () => {
  const figures = handlingFigures({ ...zero(handledMeasures), handled: 80, talkMs: 14_400_000, holdMs: 1_600_000, wrapUpMs: 3_200_000, transfers: 4 });
  const times = { averageHandleTimeMs: 240_000, averageTalkMs: 180_000, averageHoldMs: 20_000, averageWrapUpMs: 40_000, transferRate: 0.05 };
  const nobodyAsked = { surveyRate: 0, ratingRate: null, customerSatisfaction: null, averageRating: null };
  assert.deepEqual(figures, { ...times, ...nobodyAsked });
});

test('CSAT is who rated 1 or 2 of all who rated; how many of those asked did is told beside it', () => {
  const rated = { rated: 40, rated1: 20, rated2: 10, rated3: 4, rated4: 4, rated5: 2 };
  const figures = handlingFigures({ ...zero(handledMeasures), handled: 80, surveyed: 50, ...rated });
  assert.deepEqual([figures.customerSatisfaction, figures.ratingRate, figures.surveyRate], [0.75, 0.8, 0.625]);
  near(figures.averageRating, (20 + 20 + 12 + 16 + 10) / 40);
});

test('200 calls of 240 s in half an hour keep 33 agents busy for .808 of their time, as Erlang has it', () => {
  const signedInMs = 33 * 1_800_000;
  const times = { ...zero(timeMeasures), talkingMs: 200 * 180_000, holdingMs: 200 * 15_000, consultingMs: 200 * 5_000, wrappingUpMs: 200 * 40_000 };
  const busy = timeFigures({ ...times, ringingMs: 400_000, readyMs: signedInMs - 48_400_000 });
  assert.equal(busy.signedInMs, signedInMs);
  near(busy.occupancy, 0.8081);
  near(busy.utilisation, 1);
  const onBreak = timeFigures({ ...times, readyMs: signedInMs - 48_000_000 - 5_940_000, notReadyMs: 5_940_000 });
  near(onBreak.utilisation, 0.9);
});

test('RONA is of offers, containment of calls the dialplan had', () => {
  assert.equal(offerFigures({ ...zero(offerMeasures), offers: 50, unanswered: 2 }).ronaRate, 0.04);
  near(callFigures({ ...zero(callMeasures), arrived: 100, contained: 40, leftInIvr: 23, served: 27, refused: 7, internal: 3 }).containment, 0.7);
});

test('FCR is of contacts whose seven days are over; who may still come back is in no share', () => {
  const counts = { contacts: 120, pending: 20, repeated: 25, repeated24h: 10, repeated48h: 15, repeated72h: 20 };
  const shares = { firstContactResolution: 0.75, repeatRate24h: 0.1, repeatRate48h: 0.15, repeatRate72h: 0.2 };
  assert.deepEqual(resolutionFigures(counts), { resolved: 75, ...shares });
});

test('nothing counted is no figure, and not nought', () => {
  const { serviceLevel: level, answerRate, averageSpeedOfAnswerMs } = contactFigures(zero(visitMeasures), 'offered');
  assert.deepEqual([level, answerRate, averageSpeedOfAnswerMs], [null, null, null]);
  assert.equal(timeFigures(zero(timeMeasures)).occupancy, null);
});

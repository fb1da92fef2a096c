/** What the mail of a report says, in the language of its schedule. */
import { offsetAt } from '../ledger/calendar.ts';
import type { ReportSubject } from '../ledger/report.ts';
import type { ClaimedReport } from '../store/report-mail.ts';

const subjectNames: Record<ReportSubject, { zh: string; en: string }> = {
  queue: { zh: '按队列', en: 'by queue' },
  agent: { zh: '按坐席', en: 'by agent' },
  team: { zh: '按班组', en: 'by team' },
  tenant: { zh: '全部', en: 'of everything' },
  number: { zh: '按接入号', en: 'by number' },
  disposition: { zh: '按处理结果', en: 'by disposition' },
};

export function wordsOf({ schedule, from, to }: Pick<ClaimedReport, 'schedule' | 'from' | 'to'>, serviceLevel: string): { subject: string; text: string } {
  const { name, by, timeZone, language } = schedule;
  const [first, last] = [dateIn(timeZone, from), dateIn(timeZone, to - 1)];
  const days = first === last ? first : `${first} – ${last}`;
  if (language === 'zh')
    return {
      subject: `话务报表：${name}（${days}）`,
      text: `附件是报表“${name}”（${subjectNames[by].zh}），统计日期 ${days}，时区 ${timeZone}。\n服务水平口径：${serviceLevel}。\n\n收件人与发送时间可在管理台“报表”中修改。\n`,
    };
  return {
    subject: `Huawu report: ${name} (${days})`,
    text: `Attached is the report "${name}" (${subjectNames[by].en}) of ${days}, time zone ${timeZone}.\nService level: ${serviceLevel}.\n\nWho receives it, and when, is set in the console under Reports.\n`,
  };
}

const dateIn = (timeZone: string, at: number): string => new Date(at + offsetAt(timeZone, at)).toISOString().slice(0, 10);

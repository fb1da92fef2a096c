/** Who is calling and why. The place is always there, so that a pop moves nothing; it fills while the phone rings. */
import { useTranslation } from 'react-i18next';
import type { DeskCall } from '../../src/cti/protocol.ts';
import { Icon } from '../shared/icon.tsx';
import { zoneName } from '../shared/labels.ts';
import { CallDataCard } from './call-data.tsx';
import { useDesk } from './desk-context.ts';
import { EmptyDesk } from './empty-desk.tsx';
import { ContactsCard, TicketsCard, WhoCard, WhyCard } from './pop-cards.tsx';
import { useQueueDesksAhead } from './queue-desk.ts';
import { ScriptCard } from './script-card.tsx';
import { SecretCard } from './secret-card.tsx';

export function Pop() {
  const { t } = useTranslation();
  const { desk } = useDesk();
  const { call } = desk;
  useQueueDesksAhead();
  return (
    <section className="pop" aria-label={t('pop.region')} data-call={call?.pop.callId}>
      {call === null ? <EmptyDesk /> : <PopContent key={call.pop.callId} call={call} />}
    </section>
  );
}

function PopContent({ call }: { call: DeskCall }) {
  const { t } = useTranslation();
  const { pop } = call;
  return (
    <>
      {(pop.specialNeeds.length > 0 || pop.customer?.marketingConsent === 'refused') && (
        <ul className="needs">
          {pop.specialNeeds.map((need) => (
            <li key={need}>
              <Icon name="alert" />
              {t(`need.${need}`)}
            </li>
          ))}
          {pop.customer?.marketingConsent === 'refused' && (
            <li className="is-consent" data-consent="refused">
              <Icon name="alert" />
              {t('pop.noOffers')}
            </li>
          )}
        </ul>
      )}
      <div className="pop-grid">
        <WhoCard pop={pop} />
        <WhyCard call={call} />
        <ScriptCard call={call} />
        <TicketsCard tickets={pop.openTickets} />
        <CallDataCard pop={pop} />
        <SecretCard call={call} />
        <ContactsCard contacts={pop.recentContacts} />
      </div>
      <p className="quiet small zone">{t('pop.zone', { zone: zoneName() })}</p>
    </>
  );
}

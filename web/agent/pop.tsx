/** Who is calling and why. The place is always there, so that a pop moves nothing; it fills while the phone rings. */
import { useTranslation } from 'react-i18next';
import type { Pop as PopData } from '../../src/cti/protocol.ts';
import { Icon } from '../shared/icon.tsx';
import { zoneName } from '../shared/labels.ts';
import { CallDataCard } from './call-data.tsx';
import { useDesk } from './desk-context.ts';
import { EmptyDesk } from './empty-desk.tsx';
import { ContactsCard, TicketsCard, WhoCard, WhyCard } from './pop-cards.tsx';

export function Pop() {
  const { t } = useTranslation();
  const { desk } = useDesk();
  const pop = desk.call?.pop ?? null;
  return (
    <section className="pop" aria-label={t('pop.region')} data-call={pop?.callId}>
      {pop === null ? <EmptyDesk /> : <PopContent key={pop.callId} pop={pop} />}
    </section>
  );
}

function PopContent({ pop }: { pop: PopData }) {
  const { t } = useTranslation();
  return (
    <>
      {pop.specialNeeds.length > 0 && (
        <ul className="needs">
          {pop.specialNeeds.map((need) => (
            <li key={need}>
              <Icon name="alert" />
              {t(`need.${need}`)}
            </li>
          ))}
        </ul>
      )}
      <div className="pop-grid">
        <WhoCard pop={pop} />
        <WhyCard pop={pop} />
        <TicketsCard tickets={pop.openTickets} />
        <CallDataCard pop={pop} />
        <ContactsCard contacts={pop.recentContacts} />
      </div>
      <p className="quiet small zone">{t('pop.zone', { zone: zoneName() })}</p>
    </>
  );
}

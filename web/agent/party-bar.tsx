/** Those beside the caller: whom she consults and how far that is, or all who hear one another; with what she can do about each. */
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import type { DeskCall } from '../../src/cti/protocol.ts';
import { waitingFor } from '../shared/busy.ts';
import type { CommandType } from '../shared/cti/client.ts';
import { shownNumber } from '../shared/labels.ts';
import { useDesk } from './desk-context.ts';
import { type ShortcutKey, useShortcut } from './shortcuts.ts';

type Party = Pick<NonNullable<DeskCall['parties']>[number], 'name' | 'number'>;

const whoIs = ({ name, number }: Party): string => (name === null || name === '' ? shownNumber(number, true) : `${name} ${shownNumber(number, false)}`);

export function PartyBar() {
  const { desk } = useDesk();
  const { call } = desk;
  if (call === null || call.phase === 'cleared') return null;
  const { consult, parties = [], pop } = call;
  if (consult === undefined && parties.length === 0 && pop.askedBy === undefined) return null;
  return (
    <section className="party-bar" data-parties={parties.length} data-consult={consult?.state}>
      {pop.askedBy !== undefined && <AskedBy pop={pop} />}
      {consult !== undefined && <Consulting consult={consult} />}
      {parties.length > 0 && <Parties parties={parties} />}
      <span className="spacer" />
      <PartyButton type="consultComplete" shortcut="Alt+C" primary />
      <PartyButton type="consultToggle" shortcut="Alt+G" />
      <PartyButton type="consultConference" shortcut="Alt+J" />
      <PartyButton type="consultCancel" shortcut="Alt+X" />
    </section>
  );
}

function AskedBy({ pop: { askedBy } }: Pick<DeskCall, 'pop'>) {
  const { t } = useTranslation();
  if (askedBy === undefined) return null;
  return <strong>{t(askedBy.how === 'consult' ? 'parties.consultsYou' : 'parties.asksYouIn', { who: whoIs(askedBy) })}</strong>;
}

function Consulting({ consult: { state, party } }: { consult: NonNullable<DeskCall['consult']> }) {
  const { t } = useTranslation();
  return (
    <span role="status">
      <strong>{t('parties.consulting', { who: whoIs(party) })}</strong> <span className="quiet">{t(`consultState.${state}`)}</span>
    </span>
  );
}

function Parties({ parties }: { parties: NonNullable<DeskCall['parties']> }) {
  const { t } = useTranslation();
  const { can, act, online, desk } = useDesk();
  const callId = desk.call?.pop.callId;
  return (
    <>
      <strong>{t('parties.conference')}</strong>
      <ul className="party-list">
        {parties.map((party, at) => {
          const { legId, me, state, kind } = party;
          const mayDrop = can('dropParty') && legId !== null && !me;
          const who = me ? t('parties.me') : kind === 'customer' ? `${t('parties.customer')} ${whoIs(party)}` : whoIs(party);
          return (
            <li key={legId ?? at} data-party={state}>
              {who} {state !== 'talking' && <span className="quiet">{t(`partyState.${state}`)}</span>}
              {mayDrop && (
                <Button
                  type="text"
                  size="small"
                  disabled={!online}
                  aria-label={t('parties.drop', { who })}
                  title={t('parties.drop', { who })}
                  onClick={() => void act('dropParty', callId === undefined ? { legId } : { callId, legId })}
                >
                  ✕
                </Button>
              )}
            </li>
          );
        })}
      </ul>
    </>
  );
}

interface PartyButtonProps {
  type: Extract<CommandType, 'consultComplete' | 'consultToggle' | 'consultConference' | 'consultCancel'>;
  shortcut: ShortcutKey;
  primary?: boolean;
}

function PartyButton({ type, shortcut, primary = false }: PartyButtonProps) {
  const { t } = useTranslation();
  const { can, act, online, view, desk } = useDesk();
  const busy = view.waiting.includes(type);
  const callId = desk.call?.pop.callId;
  const works = can(type) && online && !busy && callId !== undefined;
  const run = () => void act(type, callId === undefined ? {} : { callId });
  useShortcut(shortcut, works ? run : null);
  if (!can(type)) return null;
  return (
    <Button type={primary ? 'primary' : 'default'} className={`does-${type}`} disabled={!online} loading={waitingFor(busy)} onClick={works ? run : undefined}>
      {t(`parties.${type}`)} <kbd>{shortcut}</kbd>
    </Button>
  );
}

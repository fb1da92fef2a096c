/** Trunks of the wall: how many calls each carries, and whether its addresses answer. */
import { useTranslation } from 'react-i18next';
import type { FloorTrunk } from '../../src/cti/protocol.ts';
import { useFloor } from './use-floor.ts';

const none: readonly FloorTrunk[] = [];

export function WallTrunks() {
  const { t } = useTranslation();
  const trunks = useFloor(({ floor }) => floor?.trunks ?? none);
  if (trunks.length === 0) return null;
  return (
    <section className="wall-trunks" aria-label={t('wall.trunks')}>
      <h2>{t('wall.trunks')}</h2>
      <ul>
        {trunks.map(({ trunkId, name, calls, most, up, addresses }) => (
          <li key={trunkId} className={up < addresses ? 'wall-trunk is-over' : 'wall-trunk'}>
            <b>{name}</b> <span className="figures">{most === null ? calls : `${calls} / ${most}`}</span>{' '}
            {addresses > 0 && <span className="quiet">{t('wall.answers', { up, addresses })}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}

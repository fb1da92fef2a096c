/** Language and light/dark, on every page. */
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { Icon } from './icon.tsx';
import { prefer, usePreferences } from './preferences.ts';
import { useDark } from './theme.ts';

export function TasteControls() {
  const { t } = useTranslation();
  const { language, appearance } = usePreferences();
  const dark = useDark(appearance);
  const appearanceName = dark ? t('controls.light') : t('controls.dark');
  return (
    <>
      <Button
        type="text"
        className="taste-language"
        aria-label={t('controls.language')}
        title={t('controls.language')}
        onClick={() => prefer({ language: language === 'zh' ? 'en' : 'zh' })}
      >
        <span lang={language === 'zh' ? 'en' : 'zh-CN'}>{t('controls.languageShort')}</span>
      </Button>
      <Button
        type="text"
        className="taste-appearance"
        aria-label={appearanceName}
        title={appearanceName}
        icon={<Icon name={dark ? 'sun' : 'moon'} />}
        onClick={() => prefer({ appearance: dark ? 'light' : 'dark' })}
      />
    </>
  );
}

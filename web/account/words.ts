/** The words of a second factor, which few ever load. */
import i18next from 'i18next';
import { useTranslation } from 'react-i18next';
import en from './words/en.json' with { type: 'json' };
import zh from './words/zh.json' with { type: 'json' };

i18next.addResourceBundle('zh', 'account', zh);
i18next.addResourceBundle('en', 'account', en);

/** Called `w`: the shared words are `t`. */
export const useWords = () => useTranslation('account').t;

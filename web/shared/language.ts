/**
 * Chinese and English, switched without a reload; only the words of the language in use are loaded. Keys are checked: by the compiler against zh.json, by
 * a test against en.json.
 */
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';

export type Language = 'zh' | 'en';

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: {
      translation: typeof import('../i18n/zh.json');
      admin: typeof import('../admin/words/zh.json');
      account: typeof import('../account/words/zh.json');
      reports: typeof import('../supervisor/reports/words/zh.json');
    };
  }
}

const words = {
  zh: async () => (await import('../i18n/zh.json')).default,
  en: async () => (await import('../i18n/en.json')).default,
} as const;

/** Nothing can be drawn before it is done; pages that bring words of their own may be loaded from the moment it is called. */
export async function startLanguage(language: Language): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    nsSeparator: false, // names from the dialplan may hold a colon
    resources: {},
    interpolation: { escapeValue: false }, // React escapes
  });
  i18next.addResourceBundle(language, 'translation', await words[language]());
  await speak(language);
}

let wanted: Language | null = null;

/** The page stays as it is until the words are there; where they cannot be had it goes on in the language it has. */
export async function speak(language: Language): Promise<void> {
  wanted = language;
  if (!i18next.hasResourceBundle(language, 'translation')) {
    try {
      i18next.addResourceBundle(language, 'translation', await words[language]());
    } catch {
      return;
    }
    if (wanted !== language) return;
  }
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  if (i18next.language !== language) await i18next.changeLanguage(language);
}

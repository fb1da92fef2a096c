/** Chinese and English, switched without a reload. Keys are checked: by the compiler against zh.json, by a test against en.json. */
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import en from '../i18n/en.json' with { type: 'json' };
import zh from '../i18n/zh.json' with { type: 'json' };

export type Language = 'zh' | 'en';

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: { translation: typeof zh; admin: typeof import('../admin/words/zh.json'); account: typeof import('../account/words/zh.json') };
  }
}

export function startLanguage(language: Language): void {
  void i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    nsSeparator: false, // names from the dialplan may hold a colon
    resources: { zh: { translation: zh }, en: { translation: en } },
    interpolation: { escapeValue: false }, // React escapes
  });
  speak(language);
}

export function speak(language: Language): void {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  if (i18next.language !== language) void i18next.changeLanguage(language);
}

/** Our quiet theme: antd's tokens set to the colours of theme.css, so that our own elements and antd's look alike. */
import { type ThemeConfig, theme } from 'antd';
import { useSyncExternalStore } from 'react';
import type { Appearance } from './preferences.ts';

const FONT = "-apple-system, BlinkMacSystemFont, 'Segoe UI', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', sans-serif";

const shared = {
  fontFamily: FONT,
  fontSize: 14,
  borderRadius: 8,
  controlHeight: 36,
  motion: false,
};

/** Flat buttons: a floor of screens is looked at all day. */
const flat = { primaryShadow: 'none', defaultShadow: 'none', dangerShadow: 'none' };

export const lightTheme: ThemeConfig = {
  algorithm: theme.defaultAlgorithm,
  cssVar: { key: 'huawu' },
  hashed: false,
  components: { Button: flat },
  token: {
    ...shared,
    colorPrimary: '#0b6e6e',
    colorLink: '#0b6e6e',
    colorSuccess: '#1f7a3d',
    colorWarning: '#8f6000',
    colorError: '#b3261e',
    colorInfo: '#0b5cad',
    colorText: '#1b2529',
    colorTextSecondary: '#56656c',
    colorTextPlaceholder: '#66757c',
    colorWarningBg: '#fdf3dc',
    colorWarningBorder: '#e9c46a',
    colorErrorBg: '#fcebe9',
    colorErrorBorder: '#eeb4ae',
    colorSuccessBg: '#e6f4ea',
    colorSuccessBorder: '#a9d6b7',
    colorInfoBg: '#e8f1fb',
    colorInfoBorder: '#aacbed',
    colorBgLayout: '#f3f5f6',
    colorBgContainer: '#ffffff',
    colorBorder: '#c9d2d6',
    colorBorderSecondary: '#e1e7e9',
  },
};

export const darkTheme: ThemeConfig = {
  algorithm: theme.darkAlgorithm,
  cssVar: { key: 'huawu' },
  hashed: false,
  components: {
    Button: { ...flat, defaultHoverColor: '#5cc0b8', defaultHoverBorderColor: '#5cc0b8', defaultActiveColor: '#5cc0b8', defaultActiveBorderColor: '#5cc0b8' },
  },
  token: {
    ...shared,
    colorPrimary: '#16807c',
    colorLink: '#5cc0b8',
    colorSuccess: '#5bbf7f',
    colorWarning: '#d9a441',
    colorError: '#e0655b',
    colorInfo: '#6cb2f5',
    colorText: '#e4eaec',
    colorTextSecondary: '#a3b4ba',
    colorTextPlaceholder: '#8b9ca3',
    colorWarningBg: '#33290f',
    colorWarningBorder: '#7a5f1c',
    colorErrorBg: '#3a1d1b',
    colorErrorBorder: '#7d3a35',
    colorSuccessBg: '#14301e',
    colorSuccessBorder: '#2f6b45',
    colorInfoBg: '#13283c',
    colorInfoBorder: '#2e5c86',
    colorBgLayout: '#11171a',
    colorBgContainer: '#1a2226',
    colorBgElevated: '#20292e',
    colorBorder: '#3b484e',
    colorBorderSecondary: '#2a353a',
  },
};

const systemIsDark = matchMedia('(prefers-color-scheme: dark)');
function subscribe(tell: () => void): () => void {
  systemIsDark.addEventListener('change', tell);
  return () => systemIsDark.removeEventListener('change', tell);
}

/** Follows the system until the user chose. */
export function useDark(appearance: Appearance): boolean {
  const system = useSyncExternalStore(subscribe, () => systemIsDark.matches);
  return appearance === 'system' ? system : appearance === 'dark';
}

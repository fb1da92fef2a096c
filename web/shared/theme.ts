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
  motionDurationMid: '0.12s',
  motionDurationSlow: '0.16s',
  wireframe: false,
};

export const lightTheme: ThemeConfig = {
  algorithm: theme.defaultAlgorithm,
  cssVar: { key: 'huawu' },
  hashed: false,
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

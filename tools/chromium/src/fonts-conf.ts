/** The generic families that pages ask for. The Chromium from npm brings one family for all of them. */
const GENERIC_FAMILIES = ['sans-serif', 'serif', 'monospace', 'system-ui']
const FAMILY = 'Open Sans'

/**
 * A fontconfig configuration that knows the fonts of one folder and nothing of the system's. The one in the package names
 * folders of AWS Lambda and `/tmp/fonts`.
 *
 * @param folders absolute paths: the fonts, and where fontconfig may keep its index of them
 */
export function fontsConf(folders: { readonly fonts: string; readonly cache: string }): string {
  const aliases = GENERIC_FAMILIES.map(
    (generic) =>
      `  <alias binding="same"><family>${generic}</family><prefer><family>${FAMILY}</family></prefer></alias>`,
  )
  return [
    '<?xml version="1.0"?>',
    '<!DOCTYPE fontconfig SYSTEM "fonts.dtd">',
    '<fontconfig>',
    `  <dir>${escaped(folders.fonts)}</dir>`,
    `  <cachedir>${escaped(folders.cache)}</cachedir>`,
    ...aliases,
    '</fontconfig>',
    '',
  ].join('\n')
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

export { launchChromium } from './chromium.ts'
export { openSlowPage, type PageLoad, pageLoadOf, untilComplete } from './page-load.ts'

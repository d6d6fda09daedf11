import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { launchChromium } from '../src/chromium.ts'
import { fontsConf } from '../src/fonts-conf.ts'

const WIDTHS = `(() => {
  const context = document.createElement('canvas').getContext('2d')
  return ['sans-serif', 'serif', 'monospace', 'system-ui', '"Open Sans"'].map((family) => {
    context.font = '40px ' + family
    return context.measureText('Where have you been?').width
  })
})()`

t.test('Chromium: text is drawn with its own font, whatever the machine has', async (t) => {
  const browser = await launchChromium()
  t.teardown(() => browser.close())
  const page = await browser.newPage()
  const widths: unknown = await page.evaluate(WIDTHS)
  if (!Array.isArray(widths)) throw new Error('no widths')
  t.ok(Number(widths[0]) > 100, `${widths[0]} px wide`)
  t.equal(new Set(widths).size, 1, 'every generic family is the same font')
})

t.test(
  'chromium: the browser writes into a folder for temporary files that is gone afterwards, and not home',
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'ikigai test & ü-'))
    t.teardown(() => rm(folder, { recursive: true }))
    const { HOME, TMPDIR } = process.env
    t.teardown(() => {
      for (const [name, value] of Object.entries({ HOME, TMPDIR })) {
        if (value === undefined) delete process.env[name]
        else process.env[name] = value
      }
    })
    const [home, temporary] = [join(folder, 'home'), join(folder, 'tmp')]
    await Promise.all([home, temporary].map((each) => mkdir(each)))
    Object.assign(process.env, { HOME: home, TMPDIR: temporary })
    const browser = await launchChromium()
    const [own] = (await readdir(temporary)).filter((name) => name.startsWith('ikigai-chromium-'))
    const config = await readFile(join(temporary, String(own), 'fonts.conf'), 'utf8')
    t.match(config, 'ikigai test &amp; ü-', 'a path may hold any character')
    const page = await browser.newPage()
    t.ok(Number((await page.evaluate<number[]>(WIDTHS))[0]) > 100, 'the fonts are found')
    await browser.close()
    t.strictSame(await readdir(home), [])
    t.strictSame(await readdir(temporary), [])
  },
)

t.test('fonts.conf: paths are escaped', async (t) => {
  t.match(fontsConf({ fonts: '/a & <b', cache: '/c' }), '<dir>/a &amp; &lt;b</dir>')
})

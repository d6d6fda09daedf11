// npm run previous-release: runs tests of the previous release's services on the schema of this one. Without an argument the
// previous release is the last tag before this commit; another commit: npm run previous-release -- <commit>
import { cp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from './children.mjs'
import { projectDir } from './project.mjs'
import { StepError } from './step-error.mjs'
import { runMain, step } from './steps.mjs'

/** Tests of the features that every release has. */
const TESTS = ['sign-up', 'webhooks', 'erasure'].map((name) => `tools/system-tests/test/${name}.test.ts`)
const MIGRATIONS = join('packages', 'db', 'migrations')

await runMain(async () => {
  const release = process.argv[2] ?? (await lastTag())
  if (release === undefined) {
    process.stdout.write('There is no release before this commit.\n')
    return 0
  }
  const folder = join(tmpdir(), `ikigai-previous-release-${process.pid}`)
  await step(`Checking out ${release}`, async () => {
    const { code } = await run('git', ['worktree', 'add', '--detach', '--quiet', folder, release])
    if (code !== 0) throw new StepError(`git cannot check out ${release}.`, code)
  })
  try {
    // The release applies the migrations in its folder, which are replaced by those of this commit.
    await rm(join(folder, MIGRATIONS), { recursive: true })
    await cp(join(projectDir, MIGRATIONS), join(folder, MIGRATIONS), { recursive: true })
    const { code } = await run(process.execPath, [join(folder, 'tools', 'build', 'test.mjs'), ...TESTS])
    return code
  } finally {
    await run('git', ['worktree', 'remove', '--force', folder])
  }
})

/** The last tag of a release before this commit, if there is one. */
async function lastTag() {
  const args = ['describe', '--tags', '--abbrev=0', '--match', 'v*.*.*', 'HEAD^']
  const { code, output } = await run('git', args, { quiet: true })
  return code === 0 ? output.trim() : undefined
}

import { spawn } from 'node:child_process'
import t from '../../src/current-test.ts'

spawn('sleep', ['15'], { stdio: 'inherit' }).unref()
t.pass()

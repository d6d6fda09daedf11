import t from 'tap'
import { decodeEnvFile, encodeEnvFile, mergeEnvironments } from '../../src/config/index.ts'

t.test('env file: whatever is written is read back', async (t) => {
  const variables = {
    PLAIN: 'a',
    SPACES: ' two words ',
    HASH: 'x#y',
    DOUBLE: 'say "yes"',
    SINGLE: "don't",
    BOTH: `"don't"`,
    BACKSLASH: 'C:\\new\\table',
    DOLLAR: 'pa$HOME',
    LINES: '-----BEGIN NATS USER JWT-----\nabc\n------END NATS USER JWT------\n',
    EQUALS: 'a=b',
    UMLAUT: 'Zürich',
  }
  t.same(decodeEnvFile('.env', Buffer.from(encodeEnvFile(variables))), variables)
  t.throws(() => encodeEnvFile({ ALL: '"\'`' }), {
    name: 'ConfigurationError',
    message: /ALL contains all three/,
  })
})

t.test('env file: byte order mark, CRLF, export, quotes and comments', async (t) => {
  const content = '\uFEFFA=1\r\nexport B="b c"\r\n# D=1\r\nC=`x` # why\r\nE=\r\nF="1\r\n2"\r\n'
  t.same(decodeEnvFile('.env', Buffer.from(content)), { A: '1', B: 'b c', C: 'x', E: '', F: '1\n2' })
})

t.test('env file: text in another encoding is a fault that names the file', async (t) => {
  t.throws(() => decodeEnvFile('.env', Buffer.from('\uFEFFA=ü', 'utf16le')), {
    name: 'ConfigurationError',
    message: /\.env is not UTF-8 text/,
  })
})

t.test('environments: what is set above replaces what is below, by value or by file', async (t) => {
  const below = { A: 'below', B: 'below', C_FILE: '/below', D: 'below' }
  t.same(mergeEnvironments(below, { A: 'above', B: ' ', C: 'above', D_FILE: '/above', E: undefined }), {
    A: 'above',
    B: 'below',
    C: 'above',
    D_FILE: '/above',
  })
})

export { createKeyRing, ifOpens, type KeyRing, SealedTextError, type SealedTextFault } from './key-ring.ts'
export { KeyRingError, parseRingKeys, type RingKey } from './ring-key.ts'

import type { ServerExit } from '../index.ts'
import type { Component } from './component.ts'
import { LaunchError, StoppedError } from './errors.ts'

/** Keeps the processes that run, notices when one dies, and stops them in reverse order of their start. */
export interface Supervisor {
  /** Aborts when the first process died or `interrupt` was called; the reason says which. */
  readonly signal: AbortSignal
  /** Takes a process into care. Once stopping has begun it is stopped at once and `StoppedError` is thrown. */
  adopt<C extends Component>(component: C): Promise<C>
  /** Somebody wants the end. */
  interrupt(): void
  /** Stops everything, last started first. */
  stopAll(onStop: (name: string) => void): Promise<void>
}

export function createSupervisor(): Supervisor {
  const components: Component[] = []
  const controller = new AbortController()

  function end(reason: Error): void {
    if (!controller.signal.aborted) controller.abort(reason)
  }

  return {
    signal: controller.signal,
    async adopt(component) {
      if (controller.signal.aborted) {
        await component.stop()
        throw new StoppedError()
      }
      components.push(component)
      void component.exited.then((exit) => end(new LaunchError(obituary(component, exit))))
      return component
    },
    interrupt: () => end(new StoppedError()),
    async stopAll(onStop) {
      end(new StoppedError())
      for (const component of components.splice(0).reverse()) {
        onStop(component.name)
        await component.stop()
      }
    },
  }
}

function obituary(component: Component, { code, signal }: ServerExit): string {
  const how = signal === null ? `with exit code ${code}` : `by ${signal}`
  return `${component.name} ended ${how}. Its last log lines (${component.logFile}):\n${component.lastLines()}`
}

import type { ServerExit } from '../index.ts'
import type { Component } from './component.ts'
import { LaunchError, StoppedError } from './errors.ts'

/** Watches the running processes, and stops them in reverse order of their start. */
export interface Supervisor {
  /** Aborts when the first process dies or `interrupt` is called; its reason is the error. */
  readonly signal: AbortSignal
  /** Adds a process. Once stopping has begun, the process is stopped at once and `StoppedError` is thrown. */
  adopt<C extends Component>(component: C): Promise<C>
  /** Requests the end, for example by Ctrl-C. */
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

import type { ComponentChildren } from 'preact'

/** The logo of ikigai: a route between two points. */
export const Mark = () => (
  <svg class="mark" viewBox="0 0 24 24" aria-hidden="true">
    <path d="M4 18c0-6.5 3.5-12 7-12 4.5 0 2.5 10 6.5 10 2 0 2.5-2.5 2.5-5" />
    <circle cx="4" cy="18" r="2.5" />
  </svg>
)

interface FrameProps {
  /** Right side of the header. */
  readonly tools?: ComponentChildren
  readonly children: ComponentChildren
}

/** Layout of every page: header, content, footer. */
export const Frame = ({ tools, children }: FrameProps) => (
  <>
    <header class="top">
      <a class="brand" href="/">
        <Mark />
        ikigai
      </a>
      <div class="tools">{tools}</div>
    </header>
    <main id="main">{children}</main>
    <footer class="bottom">
      <p>
        <strong>Powered by Strava</strong>
      </p>
      <p>
        <a href="/status">Status</a>
      </p>
      <p>ikigai is not made or endorsed by Strava.</p>
    </footer>
  </>
)

/** The sign-in button, by Strava's brand guidelines: text, height and colour. */
export const ConnectWithStrava = () => (
  <a class="connect" href="/auth/login">
    <Mark />
    Connect with Strava
  </a>
)

interface NoticeProps {
  readonly title: string
  readonly tone?: 'calm' | 'warn'
  readonly children?: ComponentChildren
}

/** A notice with an action. */
export const Notice = ({ title, tone = 'calm', children }: NoticeProps) => (
  <section class={`notice ${tone}`}>
    <h2>{title}</h2>
    {children}
  </section>
)

import { render } from 'preact'
import './styles/base.css'
import './styles/page.css'
import { App } from './views/app.tsx'

const root = document.getElementById('root')
if (root !== null) render(<App />, root)

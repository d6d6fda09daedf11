import { render } from 'preact'
import './styles/base.css'
import './styles/page.css'
import { StatusPage } from './views/status-page.tsx'

const root = document.getElementById('root')
if (root !== null) render(<StatusPage />, root)

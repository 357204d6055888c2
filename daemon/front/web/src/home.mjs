// The overview page: only language and appearance; it asks the server for nothing.
import { startShell } from './shared/shell.mjs';

startShell('home.title');

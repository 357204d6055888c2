// The error page: the server has filled in what happened; this adds language and appearance.
import { startShell } from './shared/shell.mjs';

startShell('error.title');

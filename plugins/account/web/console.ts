// The pages of accounts in the consoles: users and employees.
import { registerEmployees } from "./employees";
import { registerUsers } from "./users";

export function register(): void {
  registerEmployees();
  registerUsers();
}

/** What opens the settings names them by this. */
export const SETTINGS_PANEL_ID = "settings";

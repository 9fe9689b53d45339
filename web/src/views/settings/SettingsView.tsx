export default function SettingsView() {
  return <div />;
}

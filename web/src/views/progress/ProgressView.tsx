export default function ProgressView() {
  return <div />;
}

export default function AnswersView() {
  return <div />;
}

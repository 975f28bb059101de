namespace ChatServer.Tests.EndToEnd.Web;

/// <summary>Writes measured times to the output of a test. The bounds of tests are generous; these figures show the margin.</summary>
internal static class Figures
{
    public static double Median(IEnumerable<double> milliseconds) => At(milliseconds, .5);

    public static void Tell(string what, IReadOnlyCollection<double> milliseconds) => TestContext.Current.TestOutputHelper?.WriteLine(
        $"{what}: median {Median(milliseconds):F0}, p95 {At(milliseconds, .95):F0}, longest {milliseconds.Max():F0} ms "
        + $"({milliseconds.Count} times)");

    private static double At(IEnumerable<double> milliseconds, double share)
    {
        double[] ordered = [.. milliseconds.Order()];
        return ordered[(int)Math.Min(ordered.Length - 1, share * ordered.Length)];
    }
}

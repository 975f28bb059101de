using System.Runtime.InteropServices;

/// <summary>
/// Runs in a service that has this assembly in <c>DOTNET_STARTUP_HOOKS</c>: the service fails by an unhandled exception when it receives
/// SIGUSR1. The runtime finds the class by its name, outside of any namespace.
/// </summary>
internal static class StartupHook
{
    public const string Cause = "injected by the test";

    private static PosixSignalRegistration? _registration;

    public static void Initialize()
    {
        const PosixSignal User1 = (PosixSignal)10;
        _registration = PosixSignalRegistration.Create(User1, context =>
        {
            context.Cancel = true;
            new Thread(() => throw new InvalidOperationException(Cause)).Start();
        });
    }
}

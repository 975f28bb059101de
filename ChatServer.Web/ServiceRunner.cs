using System.Globalization;
using ChatServer.Settings;
using Microsoft.AspNetCore.Connections;

namespace ChatServer.Web;

/// <summary>Runs the code of a Program.cs, and reports an invalid setting in one line instead of a stack trace.</summary>
public static class ServiceRunner
{
    /// <summary>
    /// Builds and runs a service. Returns the exit code: 0 after a graceful stop, also during the start, 1 after one line on stderr if it
    /// cannot start. Any other exception is a defect and is not caught. With the argument <c>health</c>, it checks the running service
    /// instead.
    /// </summary>
    /// <param name="args">The arguments of the process.</param>
    /// <param name="port">The setting that contains the port of <c>/health</c>.</param>
    /// <param name="service">Builds and runs the service.</param>
    public static async Task<int> RunAsync(string[] args, Setting<int> port, Func<Task> service)
    {
        // Programs read the output: it must not depend on the locale of the operator's shell.
        CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        try
        {
            if (args is [HealthProbe.Command])
                return await HealthProbe.RunAsync(port, Environment.GetEnvironmentVariable, Console.Out);
            await service();
            return 0;
        }
        catch (StartupException error)
        {
            return await WriteErrorAsync(error.Message);
        }
        catch (OperationCanceledException)
        {
            return 0; // a signal during the start cancels it
        }
        // ListenOn checks the port, but two processes that start at the same time can both find it free.
        catch (IOException error) when (error.InnerException is AddressInUseException)
        {
            return await WriteErrorAsync(error.Message);
        }
    }

    private static async Task<int> WriteErrorAsync(string message)
    {
        await Console.Error.WriteLineAsync(message.ReplaceLineEndings(" "));
        return 1;
    }
}

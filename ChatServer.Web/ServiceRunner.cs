using System.Globalization;
using ChatServer.Settings;
using Microsoft.AspNetCore.Connections;

namespace ChatServer.Web;

/// <summary>Runs the code of a Program.cs, and reports an invalid setting in one line instead of a stack trace.</summary>
public static class ServiceRunner
{
    /// <summary>
    /// Builds and runs a service. Returns the exit code: 0 after a graceful stop, 1 after one line on stderr if it cannot start. Any other
    /// exception is a defect and is not caught.
    /// </summary>
    public static async Task<int> RunAsync(Func<Task> service)
    {
        // Programs read the output: it must not depend on the locale of the operator's shell.
        CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        try
        {
            await service();
            return 0;
        }
        catch (StartupException error)
        {
            return await WriteErrorAsync(error.Message);
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

using System.Globalization;
using ChatServer.Contracts;
using Microsoft.AspNetCore.Connections;

namespace ChatServer.Web;

/// <summary>Runs a Program.cs, so that an operator's mistake ends in a line and not in a stack trace.</summary>
public static class ServiceRunner
{
    /// <summary>
    /// Builds and runs a service. Returns the exit code: 0 after a graceful stop, 1 after one line on stderr when it cannot
    /// start. Any other exception is a defect of ours and passes through.
    /// </summary>
    public static async Task<int> RunAsync(Func<Task> service)
    {
        // What we write is read by machines, whatever language the operator's shell is set to.
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
        // Two processes that start at once both see a port free (ListenOn looks); one of them ends here.
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

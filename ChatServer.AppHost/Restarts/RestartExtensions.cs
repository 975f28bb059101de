using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace ChatServer.AppHost.Restarts;

/// <summary>Adds restarts to a resource.</summary>
internal static class RestartExtensions
{
    /// <summary>
    /// Starts the resource again after a crash, with exponential backoff (<see cref="RestartPolicy"/>). Not after exit code 0, not after
    /// exit code 1 before the resource was healthy for the first time (an invalid setting), not after a stop by a user, and not while the
    /// application stops.
    /// </summary>
    public static IResourceBuilder<T> WithRestartOnCrash<T>(this IResourceBuilder<T> resource) where T : IResource
    {
        resource.ApplicationBuilder.Services.TryAddSingleton(TimeProvider.System);
        resource.ApplicationBuilder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, CrashRestarter>());
        return resource.WithAnnotation(new RestartOnCrashAnnotation());
    }
}

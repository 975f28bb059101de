using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>One whose endpoints others find by its name. In this namespace because Aspire has it here.</summary>
public interface IResourceWithServiceDiscovery : IResourceWithEndpoints;
